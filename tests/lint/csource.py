"""A small reader of C: enough to measure functions, not to compile them."""

import re

CONTROL = {"if", "for", "while", "switch"}


def blank(text, quote_too=True):
    """The text with comments, literals' contents and preprocessor lines turned into blanks.

    Offsets and line numbers stay as they are."""
    out = []
    pattern = re.compile(
        r"/\*.*?\*/|//[^\n]*"
        r'|"(?:\\.|[^"\\\n])*"'
        r"|'(?:\\.|[^'\\\n])*'",
        re.S,
    )
    at = 0
    for match in pattern.finditer(text):
        out.append(text[at : match.start()])
        piece = match.group()
        if piece[0] == "/":
            out.append(re.sub(r"[^\n]", " ", piece))
        elif quote_too:
            out.append(piece[0] + "_" * (len(piece) - 2) + piece[-1])
        else:
            out.append(piece)
        at = match.end()
    out.append(text[at:])
    return "".join(out)


def without_directives(text):
    """Blanks preprocessor lines with their continuations. Takes what blank() returns."""
    return re.sub(
        r"^[ \t]*#(?:[^\n\\]|\\\n|\\.)*",
        lambda m: re.sub(r"[^\n]", " ", m.group()),
        text,
        flags=re.M,
    )


def matching(code, at, opening="(", closing=")"):
    """The index of the bracket that closes the one at `at`; the end of the text if none does."""
    depth = 0
    for i in range(at, len(code)):
        if code[i] == opening:
            depth += 1
        elif code[i] == closing:
            depth -= 1
            if depth == 0:
                return i
    return len(code) - 1


def line_of(code, at):
    return code.count("\n", 0, at) + 1


class Function:
    def __init__(self, name, line, end_line, parameters, static, body):
        self.name = name
        self.line = line
        self.end_line = end_line
        self.parameters = parameters
        self.static = static
        self.body = body  # (start, end) offsets of the braces

    @property
    def length(self):
        return self.end_line - self.line + 1


def count_parameters(inner):
    """How many there are. A last "struct ocib_error **err" is how a function fails: not counted."""
    inner = re.sub(r",?\s*struct ocib_error \*\*err\s*$", "", inner.strip())
    if inner in ("", "void"):
        return 0
    depth = 0
    count = 1
    for c in inner:
        if c in "([{":
            depth += 1
        elif c in ")]}":
            depth -= 1
        elif c == "," and depth == 0:
            count += 1
    return count


NOT_NAMES = CONTROL | {"__attribute__", "__typeof__", "_Static_assert", "sizeof", "return", "do"}


def head_of(code, start, end):
    """(name, offset of the name, parameters, static) of the function head in code[start:end]."""
    head = code[start:end]
    if "=" in re.sub(r"\([^()]*\)", "", head):
        return None
    for match in re.finditer(r"\b([A-Za-z_]\w*)\s*\(", head):
        name = match.group(1)
        if name in NOT_NAMES or re.match(r"OCIB_(AUTO|MUST|PRINTF|DEFINE)", name):
            continue
        opening = start + match.end() - 1
        closing = matching(code, opening)
        if closing >= end:
            return None
        static = re.search(r"\bstatic\b", head[: match.start()]) is not None
        return name, start + match.start(1), count_parameters(code[opening + 1 : closing]), static
    return None


def top_level(code):
    """The pieces at depth 0: ("block", start, open, close) and ("statement", start, end)."""
    start = 0
    i = 0
    while i < len(code):
        c = code[i]
        if c == "(":
            i = matching(code, i)
        elif c == "{":
            close = matching(code, i, "{", "}")
            if head_of(code, start, i):
                yield "block", start, i, close
                start = close + 1
            i = close
        elif c == ";":
            yield "statement", start, i, i
            start = i + 1
        i += 1


def functions(code):
    """The functions that are defined in code without comments, literals and directives."""
    found = []
    for kind, start, opening, closing in top_level(code):
        if kind != "block":
            continue
        name, at, parameters, static = head_of(code, start, opening)
        found.append(
            Function(name, line_of(code, at), line_of(code, closing), parameters, static, (opening, closing))
        )
    return found


def is_block(code, at):
    """Whether the brace at `at` opens a block of statements, not an initialiser or a type."""
    before = code[:at].rstrip()
    if not before:
        return True
    if before[-1] in ";{}:":
        return True
    if re.search(r"\b(else|do)$", before):
        return True
    if before[-1] != ")":
        return False
    depth = 0
    for i in range(len(before) - 1, -1, -1):
        if before[i] == ")":
            depth += 1
        elif before[i] == "(":
            depth -= 1
            if depth == 0:
                word = re.search(r"([A-Za-z_]\w*)\s*$", before[:i])
                # "(type){...}" is a compound literal; "if (...) {" and "foreach_x(...) {" are blocks.
                return word is not None and word.group(1) != "return"
    return False


def deepest(code, function):
    """(depth, line) of the deepest block in a function; its own body is depth 0."""
    opening, closing = function.body
    stack = []
    depth = 0
    best = (0, function.line)
    for i in range(opening + 1, closing):
        if code[i] == "{":
            block = all(stack) and is_block(code, i)
            stack.append(block)
            depth += block
            if depth > best[0]:
                best = (depth, line_of(code, i))
        elif code[i] == "}" and stack:
            depth -= stack.pop()
    return best


def unbraced(code, function):
    """Lines of control statements whose body has no braces."""
    opening, closing = function.body
    lines = []
    for match in re.finditer(r"\b(if|for|while|switch|else|do)\b", code[opening:closing]):
        word = match.group(1)
        at = opening + match.end()
        if word in CONTROL:
            parenthesis = code.find("(", at)
            at = matching(code, parenthesis) + 1
        rest = code[at : at + 200].lstrip()
        if rest.startswith("{") or (word == "else" and re.match(r"if\b", rest)):
            continue
        if word == "while" and rest.startswith(";") and code[: opening + match.start()].rstrip().endswith("}"):
            continue
        lines.append(line_of(code, opening + match.start()))
    return lines
