"""Lints of the tree: scripts, words, and what a machine leaves behind."""

import glob
import json
import os
import re
import shutil
import subprocess

from tree import Skip


def is_text(tree, name):
    with open(tree.path(name), "rb") as f:
        return b"\0" not in f.read(8192)


def shell_scripts(tree):
    for name in tree.select(r"", everything=True):
        if tree.part and f"/{tree.part}/" not in f"/{name}":
            continue
        if name.endswith((".sh", ".test")):
            yield name
        elif is_text(tree, name) and re.match(r"#!\s*/\S*(/env\s+)?\b(ba|da)?sh\b", tree.text(name)[:80]):
            yield name


def shellcheck(tree, report):
    """shellcheck has nothing to say"""
    if not shutil.which("shellcheck"):
        raise Skip("shellcheck is not installed")
    chosen = [s for s in shell_scripts(tree) if not s.startswith("testdata/seeds/") or s.endswith("run-tests")]
    if not chosen:
        return
    run = subprocess.run(
        # SC2317 takes functions that a trap or a variable calls for unreachable.
        ["shellcheck", "-x", "-e", "SC2317", "-P", "SCRIPTDIR", "-f", "json", *chosen],
        cwd=tree.root,
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        found = json.loads(run.stdout)
    except json.JSONDecodeError:
        report.problem("tests/lint", 1, f"shellcheck failed: {run.stderr.strip()}")
        return
    for item in found:
        report.problem(item["file"], item["line"], f"SC{item['code']}: {item['message']}")
    report.note(f"{len(chosen)} scripts")


def words(tree, report):
    """nothing left for later in src and include"""
    for name in tree.select(r"^(src|include)/"):
        for number, row in enumerate(tree.text(name).split("\n"), 1):
            found = re.search(r"\b(TODO|FIXME|XXX|HACK)\b|\b(not implemented|unimplemented)\b", row)
            if found:
                report.problem(name, number, f"'{found.group()}': finish it, or refuse it by name")


def text(tree, report):
    """no tabs, blanks at line ends, CR, or missing last line break in C, meson, scripts and docs"""
    for name in tree.select(r"(\.([ch]|py|md|build)|/run|/parts\.txt)$"):
        content = tree.text(name)
        if name.startswith("testdata/"):
            continue
        for number, row in enumerate(content.split("\n"), 1):
            if row != row.rstrip():
                report.problem(name, number, "blanks at the end of the line: remove them")
            if "\t" in row and name.endswith((".c", ".h", ".py", ".build")):
                report.problem(name, number, "a tab: use blanks")
        if content and not content.endswith("\n"):
            report.problem(name, content.count("\n") + 1, "no line break at the end of the file")


def constructs(tree, report):
    """each construct of the Dockerfile reference has its cases, each case its construct"""
    folder = "testdata/dockerfile/"
    table = folder + "constructs.txt"
    if table not in tree.files:
        return
    named = set()
    for number, row in enumerate(tree.text(table).split("\n"), 1):
        if not row or row.startswith("# "):
            continue
        _, colon, cases = row.rpartition(": ")
        if not colon or not cases.split():
            report.problem(table, number, "a row is: construct: case case ...")
        for case in cases.split():
            name = case if "." in case else case + ".Dockerfile"
            path = os.path.normpath(folder + name)
            if path not in tree.files:
                report.problem(table, number, f"there is no {path}")
            named.add(path)
    for name in tree.files:
        if re.match(folder + r"(valid|planned)/.*\.Dockerfile$", name) and name not in named:
            report.problem(name, 1, f"no construct of {table} names it: add it to those that it shows")


def machine_hosts():
    """Host names that this machine's package managers are set to."""
    texts = []
    for path in glob.glob("/etc/apt/sources.list") + glob.glob("/etc/apt/sources.list.d/*"):
        with open(path, encoding="utf-8", errors="replace") as f:
            texts.append(f.read())
    for path in ("/etc/pip.conf", os.path.expanduser("~/.config/pip/pip.conf"), os.path.expanduser("~/.npmrc"),
                 os.path.expanduser("~/.pip/pip.conf"), os.path.expanduser("~/.cargo/config.toml")):
        if os.path.isfile(path):
            with open(path, encoding="utf-8", errors="replace") as f:
                texts.append(f.read())
    for variable in ("PIP_INDEX_URL", "npm_config_registry", "GOPROXY"):
        texts.append(os.environ.get(variable, ""))
    hosts = re.findall(r"https?://(?:[^/@\s]*@)?([A-Za-z0-9.-]+)", "\n".join(texts))
    return {h.lower() for h in hosts if "." in h and not re.fullmatch(r"[\d.]+", h)}


def machine_paths(root):
    """Where this checkout lies, and its neighbours, unless it lies among anybody's folders."""
    parent = os.path.dirname(root)
    paths = {root}
    if os.path.dirname(parent) == "/" and parent not in ("/", "/tmp", "/home", "/root", "/usr", "/var", "/opt", "/srv"):
        paths |= {os.path.join(parent, n) for n in os.listdir(parent)}
    return {p for p in paths if p.count("/") > 1}


def machine(tree, report):
    """no path or host of the machine that it was written on"""
    hosts = machine_hosts()
    paths = machine_paths(tree.root)
    patterns = [rf"(?<![\w.-]){re.escape(h)}(?![\w-])" for h in sorted(hosts)]
    patterns += [rf"(?<![\w.-]){re.escape(p)}(?![\w.-])" for p in sorted(paths)]
    if not patterns:
        return
    pattern = re.compile("|".join(patterns))
    for name in tree.select(r"", everything=True):
        if not is_text(tree, name):
            continue
        for number, row in enumerate(tree.text(name).split("\n"), 1):
            found = pattern.search(row)
            if found:
                report.problem(name, number, f"'{found.group()}' belongs to a machine: find it at run time")
    report.note(f"looked for {len(hosts)} hosts and {len(paths)} paths of this machine")
