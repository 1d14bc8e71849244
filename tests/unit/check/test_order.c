#include "check_test.h"

static void check_order(const char *text, const char *copy, const char *run, unsigned line)
{
    OCIB_AUTO_FREE char *want =
        copy ? ocib_format("2-2 CopyInvalidatesInstall: '%s' stands before '%s' of line %u: any "
                           "change of a file installs everything again\n",
                           copy, run, line)
             : ocib_strdup("");
    check_own(text, want);
}

static void test_before_install(void **state)
{
    check_order("FROM a\nCOPY . .\nRUN npm ci --omit=dev\n", "COPY . .", "npm ci", 3);
    check_order("FROM a\nCOPY . /app/\nWORKDIR /app\nRUN cd x && pip3 install -r r.txt\n",
                "COPY . /app/", "pip3 install", 4);
    check_order("FROM a\nCOPY src/ ./src\nRUN python3 -m pip install x\n", "COPY src/ ./src",
                "pip install", 3);
    check_order("FROM a\nCOPY --chown=1:1 ./ .\nRUN uv pip install -r r.txt\n", "COPY ./ .",
                "pip install", 3);
    check_order("FROM a\nCOPY . .\nRUN go mod download\n", "COPY . .", "go mod", 3);
    check_order("FROM a\nCOPY . .\nRUN apk add --no-cache git\nRUN npm ci\n", "COPY . .", "apk add",
                3);
}

static void test_in_order(void **state)
{
    check_order("FROM a\nCOPY package.json .\nRUN npm ci\nCOPY . .\nRUN npm run build\n", NULL,
                NULL, 0);
    check_order("FROM a\nCOPY . .\nRUN pip install .\nRUN pip install -e .[dev]\n", NULL, NULL, 0);
    check_order("FROM a\nCOPY . .\nRUN go build ./... && go mod tidy\n", NULL, NULL, 0);
    /* Finished where the sources are needed; cheap to do again. */
    check_order("FROM a\nRUN composer install --no-autoloader\nCOPY . .\nRUN composer install\n",
                NULL, NULL, 0);
    check_order("FROM a\nCOPY . .\nRUN --mount=type=cache,target=/root/.npm npm ci\n", NULL, NULL,
                0);
    /* Of another stage, or into one. */
    check_order("FROM a AS x\nCOPY . .\nFROM a\nRUN npm ci\n", NULL, NULL, 0);
    check_order("FROM a AS x\nFROM a\nCOPY --from=x . .\nRUN npm ci\n", NULL, NULL, 0);
    check_order("FROM a AS x\nFROM a AS y\nCOPY . .\nRUN npm ci\n# test: target x\n", NULL, NULL,
                0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_before_install),
        cmocka_unit_test(test_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
