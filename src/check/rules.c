#include "check/internal.h"

#define DOCS "https://docs.docker.com/go/dockerfile/rule/"

/* Docker's rules come first, in the order of its documentation. */
static const struct {
    struct ocib_rule rule;
    ocib_check_pass *pass;
} rules[] = {
    [OCIB_RULE_STAGE_NAME_CASING] = {{.name = "StageNameCasing",
                                      .url = DOCS "stage-name-casing/",
                                      .description = "names of stages are in small letters",
                                      .advice = "write the name in small letters"},
                                     ocib_check_texts},
    [OCIB_RULE_FROM_AS_CASING] = {{.name = "FromAsCasing",
                                   .url = DOCS "from-as-casing/",
                                   .description = "FROM and AS are written in the same case",
                                   .advice = "write both in capitals, or both in small letters"},
                                  ocib_check_texts},
    [OCIB_RULE_NO_EMPTY_CONTINUATION] =
        {{.name = "NoEmptyContinuation",
          .url = DOCS "no-empty-continuation/",
          .description = "a continued instruction has no empty lines in it",
          .advice = "take the empty line out, or make a comment of it: Docker will refuse it"},
         ocib_check_texts},
    [OCIB_RULE_CONSISTENT_INSTRUCTION_CASING] =
        {{.name = "ConsistentInstructionCasing",
          .url = DOCS "consistent-instruction-casing/",
          .description = "instructions are all in capitals, or all in small letters",
          .advice = "write it as most others are"},
         ocib_check_texts},
    [OCIB_RULE_DUPLICATE_STAGE_NAME] = {{.name = "DuplicateStageName",
                                         .url = DOCS "duplicate-stage-name/",
                                         .description = "a stage's name is given once",
                                         .advice = "give this stage another name"},
                                        ocib_check_texts},
    [OCIB_RULE_RESERVED_STAGE_NAME] = {{.name = "ReservedStageName",
                                        .url = DOCS "reserved-stage-name/",
                                        .description =
                                            "no stage has a name that means something else",
                                        .advice = "give the stage another name"},
                                       ocib_check_texts},
    [OCIB_RULE_JSON_ARGS_RECOMMENDED] =
        {{.name = "JSONArgsRecommended",
          .url = DOCS "json-args-recommended/",
          .description = "CMD and ENTRYPOINT are JSON arrays, so that signals reach the program",
          .advice = "write [\"program\", \"argument\"]; if a shell is meant, say so with SHELL"},
         ocib_check_stages},
    [OCIB_RULE_MAINTAINER_DEPRECATED] = {{.name = "MaintainerDeprecated",
                                          .url = DOCS "maintainer-deprecated/",
                                          .description = "an image's author is a label",
                                          .advice =
                                              "write LABEL org.opencontainers.image.authors=\"…\""},
                                         ocib_check_texts},
    [OCIB_RULE_UNDEFINED_ARG_IN_FROM] = {{.name = "UndefinedArgInFrom",
                                          .url = DOCS "undefined-arg-in-from/",
                                          .description =
                                              "FROM uses variables that an ARG above it declares",
                                          .advice = "declare it by an ARG before the first FROM"},
                                         ocib_check_froms},
    [OCIB_RULE_WORKDIR_RELATIVE_PATH] = {{.name = "WorkdirRelativePath",
                                          .url = DOCS "workdir-relative-path/",
                                          .description =
                                              "the first WORKDIR of an image is an absolute path",
                                          .advice = "begin the path with a slash"},
                                         ocib_check_stages},
    [OCIB_RULE_UNDEFINED_VAR] = {{.name = "UndefinedVar",
                                  .url = DOCS "undefined-var/",
                                  .description = "variables are set before they are used",
                                  .advice = "set it with ENV, or declare it with ARG, above"},
                                 ocib_check_stages},
    [OCIB_RULE_MULTIPLE_INSTRUCTIONS_DISALLOWED] =
        {{.name = "MultipleInstructionsDisallowed",
          .url = DOCS "multiple-instructions-disallowed/",
          .description = "CMD, ENTRYPOINT and HEALTHCHECK stand once in a stage",
          .advice = "take this one out: only the last one counts"},
         ocib_check_stages},
    [OCIB_RULE_LEGACY_KEY_VALUE_FORMAT] =
        {{.name = "LegacyKeyValueFormat",
          .url = DOCS "legacy-key-value-format/",
          .description = "ENV and LABEL have an equals sign between name and value",
          .advice = "write name=value, and put a value with blanks in double quotes"},
         ocib_check_stages},
    [OCIB_RULE_INVALID_BASE_IMAGE_PLATFORM] =
        {{.name = "InvalidBaseImagePlatform",
          .url = DOCS "invalid-base-image-platform/",
          .description = "a base image is for the platform that is built for",
          .advice = "choose an image that is there for the platform, or another --platform"},
         ocib_check_stages},
    [OCIB_RULE_REDUNDANT_TARGET_PLATFORM] = {{.name = "RedundantTargetPlatform",
                                              .url = DOCS "redundant-target-platform/",
                                              .description =
                                                  "FROM says --platform only to change it",
                                              .advice = "take the flag out: this is the default"},
                                             ocib_check_froms},
    [OCIB_RULE_SECRETS_USED_IN_ARG_OR_ENV] =
        {{.name = "SecretsUsedInArgOrEnv",
          .url = DOCS "secrets-used-in-arg-or-env/",
          .description = "secrets are in no ARG or ENV: whoever has the image can read those",
          .advice = "give it to the step that needs it: RUN --mount=type=secret,id=…"},
         ocib_check_stages},
    [OCIB_RULE_INVALID_DEFAULT_ARG_IN_FROM] =
        {{.name = "InvalidDefaultArgInFrom",
          .url = DOCS "invalid-default-arg-in-from/",
          .description = "FROM names an image also when no build arg is given",
          .advice = "give the ARG a default, or write ${NAME:-default}"},
         ocib_check_froms},
    [OCIB_RULE_FROM_PLATFORM_FLAG_CONST_DISALLOWED] =
        {{.name = "FromPlatformFlagConstDisallowed",
          .url = DOCS "from-platform-flag-const-disallowed/",
          .description = "--platform of FROM is no constant, so that the file builds for any",
          .advice = "use $BUILDPLATFORM, give --platform to the build, or name the stage by its "
                    "platform"},
         ocib_check_froms},
    [OCIB_RULE_COPY_IGNORED_FILE] =
        {{.name = "CopyIgnoredFile",
          .url = DOCS "copy-ignored-file/",
          .description = "COPY and ADD name nothing that the ignore file leaves out",
          .advice = "take it out of the ignore file, or except it there with a line that begins "
                    "with !",
          .experimental = true},
         ocib_check_stages},
    [OCIB_RULE_INVALID_DEFINITION_DESCRIPTION] =
        {{.name = "InvalidDefinitionDescription",
          .url = DOCS "invalid-definition-description/",
          .description = "a comment right above a stage or an ARG begins with its name",
          .advice = "begin the comment with the name; if it is no description, leave an empty "
                    "line below it",
          .experimental = true},
         ocib_check_texts},
    [OCIB_RULE_EXPOSE_PROTO_CASING] = {{.name = "ExposeProtoCasing",
                                        .url = DOCS "expose-proto-casing/",
                                        .description = "protocols of EXPOSE are in small letters",
                                        .advice = "write the protocol in small letters"},
                                       ocib_check_stages},
    [OCIB_RULE_EXPOSE_INVALID_FORMAT] =
        {{.name = "ExposeInvalidFormat",
          .url = DOCS "expose-invalid-format/",
          .description = "EXPOSE names ports of the container, no addresses or ports of a host",
          .advice = "write the container's port alone; the host's is said when it is run"},
         ocib_check_stages},
    [OCIB_RULE_COPY_INVALIDATES_INSTALL] =
        {{.name = "CopyInvalidatesInstall",
          .description = "dependencies are installed before the sources are copied",
          .advice = "copy what the install reads (lock files, manifests), install, and copy the "
                    "rest below"},
         ocib_check_order},
    [OCIB_RULE_PACKAGE_LISTS_LEFT] =
        {{.name = "PackageListsLeft",
          .description = "a package manager's lists and caches are not left in the image",
          .advice = "remove them in the same RUN, or put them on a mount: "
                    "RUN --mount=type=cache,target=…"},
         ocib_check_leftovers},
    [OCIB_RULE_MISSING_USER] =
        {{.name = "MissingUser",
          .description = "the image's program runs as another user than root",
          .advice = "put USER above, with a user that the image has, or a number: USER 65532"},
         ocib_check_final},
    [OCIB_RULE_MISSING_HEALTHCHECK] =
        {{.name = "MissingHealthcheck",
          .description = "an image that serves a port says how to see that it works",
          .advice = "add HEALTHCHECK CMD …, or HEALTHCHECK NONE if whoever runs it has probes "
                    "of its own"},
         ocib_check_final},
    [OCIB_RULE_ADD_INSTEAD_OF_COPY] =
        {{.name = "AddInsteadOfCopy",
          .description = "ADD is for archives and remote sources; COPY is for files",
          .advice = "write COPY: it does the same, and nothing that is not meant"},
         ocib_check_adds},
};

size_t ocib_rule_count(void)
{
    return OCIB_COUNT(rules);
}

const struct ocib_rule *ocib_rule_at(size_t index)
{
    return &rules[index].rule;
}

ocib_check_pass *ocib_rule_pass(size_t index)
{
    return rules[index].pass;
}

/* As BuildKit: what is experimental must be asked for, and can't be skipped then. A copy of what is
 * ignored makes every build fail, so ocib's own check needs not be asked. */
bool ocib_rule_is_on(const struct ocib_checker *c, size_t index)
{
    const struct ocib_rule *rule = &rules[index].rule;
    const struct ocib_check_directive *said = c->directive;
    if (!rule->url && !c->options->own) {
        return false;
    }
    if (rule->experimental &&
        (said->experimental_all || ocib_strings_has(&said->experimental, rule->name))) {
        return true;
    }
    if (rule->experimental && !(c->options->own && index == OCIB_RULE_COPY_IGNORED_FILE)) {
        return false;
    }
    return !said->skip_all && !ocib_strings_has(&said->skip, rule->name);
}
