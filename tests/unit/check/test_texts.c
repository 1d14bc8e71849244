#include "check_test.h"

static void test_texts(void **state)
{
    check_own("from scratch as Scratch\nMAINTAINER me\nFrom scratch AS scratch\nRUN a \\\n\n b\n",
              "1-1 StageNameCasing: the stage name 'Scratch' has capitals\n"
              "1-1 ConsistentInstructionCasing: most instructions are written in capitals, but "
              "'from' is not\n"
              "1-1 ReservedStageName: the stage name 'scratch' means something else in FROM and "
              "--from\n"
              "2-2 MaintainerDeprecated: MAINTAINER is deprecated: a label says the same\n"
              "3-3 ConsistentInstructionCasing: most instructions are written in capitals, but "
              "'From' is not\n"
              "3-3 DuplicateStageName: the stage name 'scratch' is taken already, by line 1\n"
              "3-3 ReservedStageName: the stage name 'scratch' means something else in FROM and "
              "--from\n"
              "5-5 NoEmptyContinuation: an empty line inside a continued instruction\n");
}

static void test_descriptions(void **state)
{
    check_own("# check=experimental=InvalidDefinitionDescription\n# x\nFROM scratch AS a\n"
              "# the b\nARG b\n# c\nARG c d\n# e\nARG c d\n# none\n\nARG f\n  # f is\nARG f\n",
              "3-3 InvalidDefinitionDescription: the comment above does not begin with 'a'\n"
              "5-5 InvalidDefinitionDescription: the comment above does not begin with 'b'\n"
              "9-9 InvalidDefinitionDescription: the comment above does not begin with one of the "
              "names\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_descriptions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
