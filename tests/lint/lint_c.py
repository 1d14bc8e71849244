"""Lints of the C sources."""

import os
import re
import shutil
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor

import csource
from tree import Skip

C_ALL = r"^(src|include|tests|contrib)/.*\.[ch]$"
C_PROGRAM = r"^(src|include)/.*\.[ch]$"

FUNCTION_MOST = 100
FUNCTION_95 = 60
FUNCTION_MEDIAN = 15
FILE_MOST = 1000
FILE_WANTED = 500
PARAMETERS_MOST = 5
NESTING_MOST = 3

# Which part may include a library's headers follows from the fourth column of src/parts.txt.
LIBRARY_HEADERS = {
    "archive": r"archive(_entry)?\.h",
    "crypto": r"openssl/.*",
    "curl": r"curl/.*",
    "jansson": r"jansson.*\.h",
    "zlib": r"zlib\.h",
    "zstd": r"z(std|dict).*\.h",
    "seccomp": r"seccomp\.h",
    "threads": r"(pthread|threads)\.h",
}

# Name: what to use in its place.
BANNED = {
    "strcpy": "use ocib_buf or ocib_strdup",
    "stpcpy": "use ocib_buf",
    "strcat": "use ocib_buf",
    "strncpy": "use ocib_buf or ocib_strndup",
    "strncat": "use ocib_buf",
    "sprintf": "use ocib_format or ocib_buf_printf",
    "vsprintf": "use ocib_buf_printf",
    "strtok": "use ocib_str_cut",
    "strtok_r": "use ocib_str_cut",
    "gets": "it can't be bounded",
    "realloc": "use ocib_resize or a vector",
    "reallocarray": "use ocib_resize or a vector",
    "alloca": "use a buffer or a vector",
    "atoi": "use ocib_str_uint, which says what does not fit",
    "atol": "use ocib_str_uint, which says what does not fit",
    "system": "spawn without a shell",
    "popen": "spawn without a shell",
    "tmpnam": "open temporary files atomically",
    "mktemp": "open temporary files atomically",
}
BANNED_BELOW_CLI = {
    "printf": "only cli prints; give an error or a log line",
    "puts": "only cli prints; give an error or a log line",
    "putchar": "only cli prints; give an error or a log line",
    "perror": "only cli prints; make an error",
    "exit": "only cli exits; return an error",
    "abort": "only cli exits; return an error of OCIB_EINTERNAL",
    "err": "only cli prints and exits; return an error",
    "errx": "only cli prints and exits; return an error",
    "warn": "only cli prints; use ocib_log",
    "warnx": "only cli prints; use ocib_log",
}
# Where a banned name is at home.
AT_HOME = {"realloc": {"src/base/mem.c"}}
# cli has nothing of base; this one checks its arithmetic.
ALLOWED_IN_CLI = {"reallocarray"}


def part_of(name):
    words = name.split("/")
    return words[1] if words[0] == "src" and len(words) > 2 else None


def check_include(tree, report, name, line, quoted, target):
    part = part_of(name)
    if part is None:
        if not re.match(r"ocib/", target) and quoted:
            report.problem(name, line, f'a public header includes <ocib/…> and libc only, not "{target}"')
        return
    known = tree.parts.get(part)
    if not quoted:
        if target.startswith("ocib/") and target != "ocib/error.h" and part not in ("api", "cli"):
            report.problem(name, line, f"<{target}> is for api and cli; parts below share <ocib/error.h> only")
        for library, pattern in LIBRARY_HEADERS.items():
            if re.fullmatch(pattern, target) and part != "cli" and library not in known.libraries:
                report.problem(name, line, f"<{target}>: src/parts.txt gives '{part}' no library '{library}'")
            elif re.fullmatch(pattern, target) and part == "cli":
                report.problem(name, line, f"<{target}>: cli uses <ocib/…> and libc only")
        return
    other = target.split("/")[0]
    if "/" not in target:
        report.problem(name, line, f'write "{part}/{target}": headers are included with their part')
    elif other == part:
        return
    elif part == "cli":
        report.problem(name, line, f'"{target}": cli includes <ocib/…> and its own headers only')
    elif other not in tree.parts:
        report.problem(name, line, f'"{target}": no part \'{other}\' in src/parts.txt')
    elif other not in known.uses:
        reason = "src/parts.txt does not let it"
        if tree.parts[other].level >= known.level:
            reason = f"level {tree.parts[other].level} is not below level {known.level}"
        report.problem(name, line, f"'{part}' may not use '{other}': {reason}; move the code, or ask from above")


def layers(tree, report):
    """each #include follows the table of parts"""
    for line, text in tree.bad_rows:
        report.problem("src/parts.txt", line, text)
    for name in tree.select(C_PROGRAM):
        part = part_of(name)
        if part is not None and part != "cli" and part not in tree.parts:
            report.problem(name, 1, f"folder src/{part} is not a part of src/parts.txt: add a row")
            continue
        for number, row in enumerate(tree.commentless(name).split("\n"), 1):
            match = re.match(r'\s*#\s*include\s*(["<])([^">]+)[">]', row)
            if match:
                check_include(tree, report, name, number, match.group(1) == '"', match.group(2))


def percentile(values, share):
    """The smallest value that at least this share of the values does not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * share // 100) - 1)]


def functions(tree, report):
    """length of functions: median, 95 %, most"""
    lengths = []
    for name in tree.select(C_ALL):
        for function in csource.functions(tree.code(name)):
            if re.match(C_PROGRAM, name):
                lengths.append((function.length, name, function))
            if function.length > FUNCTION_MOST:
                report.problem(
                    name,
                    function.line,
                    f"{function.name}() has {function.length} lines, at most {FUNCTION_MOST}: split it",
                )
    if not lengths:
        return
    numbers = [n for n, _, _ in lengths]
    median, high = percentile(numbers, 50), percentile(numbers, 95)
    report.note(
        f"{len(numbers)} functions in src and include: median {median} (≤ {FUNCTION_MEDIAN}), "
        f"95 % {high} (≤ {FUNCTION_95}), most {max(numbers)} (≤ {FUNCTION_MOST})"
    )
    if median > FUNCTION_MEDIAN or high > FUNCTION_95:
        for length, name, function in sorted(lengths, key=lambda f: -f[0])[:5]:
            report.problem(name, function.line, f"{function.name}() has {length} lines; the distribution is too long")


def parameters(tree, report):
    """at most five parameters, the error that comes last apart"""
    for name in tree.select(C_PROGRAM):
        for function in csource.functions(tree.code(name)):
            if function.parameters > PARAMETERS_MOST:
                report.problem(
                    name,
                    function.line,
                    f"{function.name}() has {function.parameters} parameters, at most {PARAMETERS_MOST}: "
                    "pass a struct of options",
                )


def nesting(tree, report):
    """blocks nested at most three deep"""
    for name in tree.select(C_PROGRAM):
        code = tree.code(name)
        for function in csource.functions(code):
            depth, line = csource.deepest(code, function)
            if depth > NESTING_MOST:
                report.problem(
                    name,
                    line,
                    f"{function.name}() nests {depth} deep, at most {NESTING_MOST}: return early, or split it",
                )


def braces(tree, report):
    """control statements have braces"""
    for name in tree.select(C_ALL):
        code = tree.code(name)
        for function in csource.functions(code):
            for line in csource.unbraced(code, function):
                report.problem(name, line, "control statement without braces: add them")


def files(tree, report):
    """length of files"""
    counts = []
    for name in tree.select(C_ALL):
        lines = tree.text(name).count("\n")
        counts.append(lines)
        if lines > FILE_MOST:
            report.problem(name, lines, f"{lines} lines, at most {FILE_MOST}: split the file by what it does")
        elif lines > FILE_WANTED:
            report.note(f"{name}: {lines} lines, {FILE_WANTED} wanted")
    if counts:
        report.note(f"{len(counts)} files: median {percentile(counts, 50)}, 95 % {percentile(counts, 95)}, most {max(counts)}")


def banned(tree, report):
    """functions that are not to be called"""
    for name in tree.select(C_PROGRAM):
        names = dict(BANNED)
        if part_of(name) != "cli":
            names.update(BANNED_BELOW_CLI)
        else:
            names = {n: why for n, why in names.items() if n not in ALLOWED_IN_CLI}
        code = tree.code(name)
        for function in csource.functions(code):
            names.pop(function.name, None)  # its own, of the same name
        for match in re.finditer(r"(?<![\w.>])([a-z_]\w*)\s*\(", code):
            word = match.group(1)
            if word in names and name not in AT_HOME.get(word, ()):
                report.problem(name, csource.line_of(code, match.start(1)), f"{word}() is banned: {names[word]}")
        if part_of(name) != "cli":
            for match in re.finditer(r"\b(stdout|stderr)\b", code):
                line = csource.line_of(code, match.start())
                report.problem(name, line, f"{match.group(1)}: only cli prints; give an error or a log line")


def is_mutable(statement):
    """Whether the text of a file-scope or static declaration declares a variable one can write."""
    text = re.sub(r"\bOCIB_DEFINE_\w+\s*\([^()]*\)|__attribute__\s*\(\(.*?\)\)", " ", statement, flags=re.S)
    left = re.sub(r"\{.*\}", "{}", text, flags=re.S).split("=")[0].strip()
    left = re.sub(r"\[[^\]]*\]", "[]", left)
    if re.match(r"(typedef|extern|_Static_assert|static_assert)\b", left):
        return False
    if re.match(r"[^(]*\(\s*\*", left):
        return re.search(r"\(\s*\*\s*const\b", left) is None  # a pointer to a function
    if "(" in left:
        return False  # a function's declaration
    if re.fullmatch(r"(static\s+|const\s+)*(struct|enum|union)(\s+\w+)?\s*(\{\})?", left):
        return False  # only a type
    if len(left.replace("*", " * ").split()) < 2:
        return False
    return re.search(r"\bconst\b", left.rsplit("*", 1)[-1]) is None


def globals_(tree, report):
    """no variables that outlive their scope and can be written"""
    for name in tree.select(C_PROGRAM):
        code = tree.code(name)
        # "fn name;" declares a function if fn is the type of one.
        types = set(re.findall(r"\btypedef\b[^;{(]*?\b(\w+)\s*\(", code))
        for kind, start, opening, closing in csource.top_level(code):
            if kind == "statement":
                words = code[start:opening].split()
                if words and words[0] in types:
                    continue
                # A signal handler has nobody to pass it anything.
                if "volatile" in words or any(w.endswith("*volatile") for w in words):
                    if part_of(name) == "cli":
                        continue
                if is_mutable(code[start:opening]):
                    at = start + len(code[start:opening]) - len(code[start:opening].lstrip())
                    report.problem(name, csource.line_of(code, at), "a global that can change: pass it, or make it const")
                continue
            for match in re.finditer(r"(?<=[;{}])\s*(static\b[^;{=]*)", code[opening:closing]):
                if is_mutable(match.group(1)):
                    at = opening + match.start(1)
                    report.problem(name, csource.line_of(code, at), "a static that can change: pass it, or make it const")


def names(tree, report):
    """ocib_ on what others can see, no types that end in _t"""
    for name in tree.select(C_PROGRAM):
        code = tree.code(name)
        for function in csource.functions(code):
            prefixes = r"ocib_|cli_|cmd_|main$" if part_of(name) == "cli" else r"ocib_"
            if not function.static and not re.match(prefixes, function.name):
                report.problem(name, function.line, f"{function.name}() is not static and has no ocib_ in front")
        for match in re.finditer(r"\b(?:struct|union|enum)\s+(\w+_t)\b|\btypedef\b[^;{]*?\b(\w+_t)\s*;|\}\s*(\w+_t)\s*;", code):
            word = next(w for w in match.groups() if w)
            report.problem(name, csource.line_of(code, match.start()), f"{word}: names in _t are the system's")


def headers(tree, report):
    """headers open with a comment and have a guard"""
    for name in tree.select(r"^(src|include)/.*\.h$"):
        text = tree.text(name)
        if not text.startswith("/*"):
            report.problem(name, 1, "a header opens with a comment: purpose, invariants, ownership")
        guard = re.sub(r"\W", "_", re.sub(r"^(src|include)/(ocib/)?", "", name)).upper()
        wanted = "OCIB_" + guard
        found = re.search(r"^#ifndef (\w+)\n#define (\w+)$", text, re.M)
        if not found or found.group(1) != wanted or found.group(2) != wanted:
            line = text.count("\n", 0, found.start()) + 1 if found else 1
            report.problem(name, line, f"the include guard is to be {wanted}")


def compiler_flags():
    libraries = ["libarchive", "libcrypto", "libcurl", "jansson", "zlib", "libzstd", "libseccomp"]
    flags = []
    for library in libraries:
        found = subprocess.run(["pkg-config", "--cflags", library], capture_output=True, text=True, check=False)
        if found.returncode == 0:
            flags += found.stdout.split()
    return flags


def compile_alone(tree, compiler, flags, name):
    include = re.sub(r"^(src|include)/", "", name)
    with tempfile.NamedTemporaryFile("w", suffix=".c") as source:
        # Twice: a missing guard shows as well.
        source.write(f'#include "{include}"\n#include "{include}"\nextern int ocib_not_empty;\n')
        source.flush()
        command = [compiler, "-fsyntax-only", "-std=gnu11", "-Wall", "-Wextra", "-Werror", "-Wno-unused-parameter"]
        command += ["-D_GNU_SOURCE", "-D_FILE_OFFSET_BITS=64", '-DOCIB_VERSION="0"']
        command += ["-iquote", tree.path("src"), "-I", tree.path("include"), *flags, source.name]
        run = subprocess.run(command, capture_output=True, text=True, check=False)
    return name, run.returncode, run.stderr


def selfcontained(tree, report):
    """each header compiles alone, with gcc and clang"""
    chosen = tree.select(r"^(src|include)/.*\.h$")
    compilers = [c for c in ("gcc", "clang") if shutil.which(c)]
    if not compilers:
        raise Skip("neither gcc nor clang is installed")
    flags = compiler_flags()
    for compiler in compilers:
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            for name, status, output in pool.map(lambda n, c=compiler: compile_alone(tree, c, flags, n), chosen):
                if status:
                    first = next((x for x in output.split("\n") if "error" in x), output.strip().split("\n")[-1])
                    first = first.replace(tree.root + "/", "")
                    report.problem(name, 1, f"does not compile alone with {compiler}, include what it needs: {first}")
    if len(compilers) < 2:
        report.note(f"checked with {compilers[0]} alone: the other compiler is not installed")


def clang_format():
    for name in ("clang-format-14", "clang-format"):
        if shutil.which(name):
            version = subprocess.run([name, "--version"], capture_output=True, text=True, check=True).stdout
            if re.search(r"version 14\.", version):
                return name
    raise Skip("clang-format 14 is not installed; other versions format otherwise")


def format_(tree, report):
    """clang-format 14 has nothing to change"""
    program = clang_format()
    chosen = [tree.path(f) for f in tree.select(C_ALL)]
    for i in range(0, len(chosen), 50):
        run = subprocess.run(
            [program, "--dry-run", "-Werror", "--style=file", *chosen[i : i + 50]],
            capture_output=True,
            text=True,
            check=False,
        )
        seen = set()
        for match in re.finditer(r"^(.*?):(\d+):\d+: error:", run.stderr, re.M):
            name = os.path.relpath(match.group(1), tree.root)
            if name not in seen:
                seen.add(name)
                report.problem(name, match.group(2), f"not formatted: {program} -i {name}")
        if run.returncode and not seen:
            report.problem(".clang-format", 1, run.stderr.strip())


def mirrored(tree, report):
    """src/<part>/foo.c has tests/unit/<part>/test_foo.c"""
    reasons = {}
    listed = "tests/lint/untested.txt"
    for number, row in enumerate(tree.text(listed).split("\n") if listed in tree.files else [], 1):
        if row and not row.startswith("#"):
            name, _, reason = row.partition(" ")
            reasons[name] = number
            if not reason.strip():
                report.problem(listed, number, f"{name} needs a reason")
    everything = set(tree.files)
    used = set()
    for name in tree.select(r"^src/[^/]+/.*\.c$"):
        part, stem = re.match(r"src/([^/]+)/(.*)\.c$", name).groups()
        test = f"tests/unit/{part}/test_{os.path.basename(stem)}.c"
        folder = f"src/{part}/*"
        if test in everything:
            continue
        if name in reasons or folder in reasons:
            used.add(name if name in reasons else folder)
            continue
        report.problem(name, 1, f"has no {test}: write it, or give the reason in {listed}")
    if not tree.part:
        for name in sorted(set(reasons) - used):
            report.problem(listed, reasons[name], f"{name} is tested now, or gone: remove the line")
