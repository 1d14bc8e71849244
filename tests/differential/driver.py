#!/usr/bin/env python3
"""Builds the cases with ocib and compares each with its expected.json, or has another builder write those.

driver.py compare --work DIR --ocib PROGRAM [--jobs N] [CASE...]
driver.py record --work DIR --docker COMMAND --shared HERE:THERE [--jobs N] [CASE...]
driver.py digests --work DIR --ocib PROGRAM [--jobs N] [CASE...]
driver.py same --work DIR [CASE...]

"digests" writes the layers of each case to DIR/out; "same" compares what is in DIR/root/out and
DIR/user/out. tests/differential/run calls this, and has made the base images: DIR/bases.json tells of them. A case is
a folder: Dockerfile; optionally `setup`, a script that is run in the context and makes its files,
`times`, one that is run after all files got the same time, and `flags`, one argument a line (@CTX@ is the context);
`oracle`, a script for the context that the other builder gets; expected.json, what that made.
`root` says why an ordinary user can't. Where ocib differs on purpose, `differs` says why, and ocib.json is what it makes."""

import argparse
import concurrent.futures
import difflib
import hashlib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from image import Image  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
CASES = os.path.join(HERE, "cases")
CONTEXT_TIME = 1262304000  # of every file of a context, unless setup gives it another
NEWEST_TOLD = 1577836800  # times after that are those of the build
LIMIT = 120
CONFIG_KEYS = ("Env", "Cmd", "Entrypoint", "User", "WorkingDir", "Labels", "ExposedPorts", "Volumes", "Healthcheck",
               "StopSignal", "Shell", "OnBuild", "ArgsEscaped")


class Failed(Exception):
    """A build failed; the text is what it printed."""


class Unsupported(Exception):
    """The builder says that it doesn't know this yet."""


# --- contexts -------------------------------------------------------------------------------------

def set_times(folder):
    for at, folders, files in os.walk(folder):
        for name in folders + files + ["."]:
            os.utime(os.path.join(at, name), (CONTEXT_TIME, CONTEXT_TIME), follow_symlinks=False)


def run_script(script, folder):
    if os.path.exists(script):
        command = ["bash", "-euc", "umask 022; . " + shlex.quote(script)]
        subprocess.run(command, cwd=folder, env=dict(os.environ, LC_ALL="C", TZ="UTC"), check=True)


def make_context(name, folder):
    """A new folder with the case's files: same modes and times whoever runs this, whatever git kept."""
    source = os.path.join(CASES, name)
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder, mode=0o755)
    dockerfile = os.path.join(source, "Dockerfile")
    if os.path.exists(dockerfile):
        shutil.copyfile(dockerfile, os.path.join(folder, "Dockerfile"))
        os.chmod(os.path.join(folder, "Dockerfile"), 0o644)
    run_script(os.path.join(source, "setup"), folder)
    set_times(folder)
    run_script(os.path.join(source, "times"), folder)


def flags_of(name, context):
    path = os.path.join(CASES, name, "flags")
    if not os.path.exists(path):
        return []
    with open(path, encoding="utf-8") as f:
        return [line.replace("@CTX@", context) for line in f.read().split("\n") if line]


# --- what is compared -----------------------------------------------------------------------------

class Bases:
    """The images that cases build upon. Only what is changed of them is told."""

    def __init__(self, path):
        with open(path, encoding="utf-8") as f:
            layouts = json.load(f)
        self.by_layer, self.known = {}, {}
        for tar in layouts:
            image = Image(tar)
            for diff_id, tree in zip(image.diff_ids, image.trees[1:]):
                self.by_layer[diff_id] = tree
            for path, inode in image.tree.items():
                if inode.kind == "file" and len(inode.data) > 4096:
                    self.known.setdefault(hashlib.sha256(inode.data).hexdigest(), "/" + path)

    def under(self, image):
        tree, count = {}, 0
        for diff_id in image.diff_ids:
            if diff_id not in self.by_layer:
                break
            tree, count = self.by_layer[diff_id], count + 1
        return tree, count


def history_of(config):
    rows = []
    for row in config.get("history") or []:
        text = row.get("created_by", "")
        text = text[:-len(" # buildkit")] if text.endswith(" # buildkit") else text
        rows.append(("empty: " if row.get("empty_layer") else "layer: ") + text)
    return rows


def describe(image, bases):
    """All that must be the same, as JSON that can be read and diffed line by line."""
    base, count = bases.under(image)

    def line(inode):
        return inode.describe(bases.known, NEWEST_TOLD)

    under = {path: line(inode) for path, inode in base.items()}
    lines = {path: line(inode) for path, inode in image.tree.items()}
    config = image.config.get("config") or {}
    tops = [p for p in under if p not in lines and (os.path.dirname(p) in lines or not os.path.dirname(p))]
    known_links = {tuple(group) for group in image.links(base)}
    return {
        "config": {key: config[key] for key in CONFIG_KEYS if config.get(key)},
        "history": history_of(image.config),
        "base_layers": count,
        "layers": len(image.diff_ids),
        "files": {"/" + path: lines[path] for path in sorted(lines) if under.get(path) != lines[path]},
        "removed": ["/" + path for path in sorted(tops)],
        "hard_links": [["/" + p for p in group] for group in image.links(image.tree) if tuple(group) not in known_links],
    }


# --- builders -------------------------------------------------------------------------------------

def run_build(command, environment=None):
    run = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                         env=environment, timeout=LIMIT, check=False)
    text = run.stdout.decode("utf-8", "replace")
    if run.returncode:
        if "is not supported yet" in text:
            raise Unsupported([row for row in text.split("\n") if "is not supported yet" in row][0])
        raise Failed(f"status {run.returncode}\n{text}")


class Ocib:
    def __init__(self, options):
        self.program, self.work = options.ocib, options.work
        self.mode = ["--sandbox", "single"] if options.who == "single" else []

    def build(self, name, epoch=None):
        context, tar = os.path.join(self.work, "ctx", name), os.path.join(self.work, "out", name + ".tar")
        make_context(name, context)
        environment = dict(os.environ, **({"SOURCE_DATE_EPOCH": str(epoch)} if epoch else {}))
        run_build([self.program, "build", *self.mode, "--no-cache", "-o", f"type=oci,dest={tar}", *flags_of(name, context), context], environment)
        image = Image(tar)
        os.unlink(tar)
        return image


class Docker:
    """Any Docker with BuildKit that can see the folder --shared."""

    def __init__(self, options):
        self.command = shlex.split(options.docker)
        self.here, _, self.there = options.shared.partition(":")
        self.there = self.there or self.here
        self.bases = dict(pair.split("=", 1) for pair in options.base)

    def build(self, name):
        # A new name each time: BuildKit keeps contexts by name, and takes size and time for content.
        folder = os.path.join(self.here, "ocib-differential", f"{name}.{os.getpid()}")
        there = os.path.join(self.there, "ocib-differential", f"{name}.{os.getpid()}")
        tag = f"ocib-differential-{name}"
        make_context(name, folder)
        run_script(os.path.join(CASES, name, "oracle"), folder)
        command = [*self.command, "buildx", "build", "--network=host", "--allow", "network.host", "--provenance=false",
                   "--no-cache", "-t", tag, "--load"]
        for base, reference in self.bases.items():
            command += ["--build-context", f"{base}=docker-image://{reference}"]
        try:
            run_build([*command, *flags_of(name, there), there])
            run_build([*self.command, "save", tag, "-o", there + ".tar"])
            run_build([*self.command, "rmi", tag])
            image = Image(folder + ".tar")
            os.unlink(folder + ".tar")
            return image
        finally:
            shutil.rmtree(folder)


# --- modes ----------------------------------------------------------------------------------------

def kept(name, file):
    path = os.path.join(CASES, name, file)
    if not os.path.exists(path):
        return None
    with open(path, encoding="utf-8") as f:
        return json.load(f)


def keep(name, file, value):
    with open(os.path.join(CASES, name, file), "w", encoding="utf-8") as f:
        f.write(dumps(value))


def dumps(value):
    return json.dumps(value, indent=1, sort_keys=True) + "\n"


def made_by(builder, name, bases):
    """What the builder makes of a case, and its output if it fails."""
    try:
        return describe(builder.build(name), bases), ""
    except Failed as reason:
        return {"fails": reason_of(str(reason))}, str(reason)


def needs_root(name):
    path = os.path.join(CASES, name, "root")
    if not os.path.exists(path):
        return ""
    with open(path, encoding="utf-8") as f:
        return f.read().strip()


def needs_permissions(name):
    """Why a case is nothing for mode single, where an emulated user may read and write every file."""
    path = os.path.join(CASES, name, "permissions")
    if not os.path.exists(path):
        return ""
    with open(path, encoding="utf-8") as f:
        return f.read().strip()


def same_result(one, other):
    """Texts of errors are each builder's own."""
    return "fails" in other if "fails" in one else one == other


def compare(name, builder, bases, options):
    if needs_root(name) and options.who != "root":
        return "skip", needs_root(name)
    if options.who == "single" and needs_permissions(name):
        return "skip", needs_permissions(name)
    docker = kept(name, "expected.json")
    expected = kept(name, "ocib.json") or docker
    if expected is None:
        return "skip", "there is no expected.json: record it first"
    try:
        actual, output = made_by(builder, name, bases)
    except Unsupported as reason:
        return "skip", str(reason)
    if not same_result(expected, actual):
        rows = difflib.unified_diff(dumps(expected).splitlines(), dumps(actual).splitlines(), "expected", "ocib", lineterm="", n=1)
        return "not ok", output or "\n".join(rows)
    if expected is not docker and same_result(docker, actual):
        return "not ok", "does not differ any more: remove `differs` and ocib.json"
    return "ok", ""


def accept(name, builder, bases, _options):
    """Takes what ocib makes as right. The reason stands in the case's `differs`."""
    if not os.path.exists(os.path.join(CASES, name, "differs")):
        return "not ok", "a file `differs` must say why"
    actual, output = made_by(builder, name, bases)
    keep(name, "ocib.json", actual)
    return "ok", output


def reason_of(text):
    """The line of a failed build that tells why, without what is this machine's."""
    rows = [row for row in text.split("\n") if row.startswith("ERROR: ")]
    if not rows:
        return "the build fails"
    reason = re.sub(r"ref \S+::\S+: ", "", rows[-1][len("ERROR: "):])
    return re.sub(r"/\S+/merged/", "/", reason)


def record(name, builder, bases, _options):
    result, _ = made_by(builder, name, bases)
    keep(name, "expected.json", result)
    return "ok", result.get("fails", "")


def digests(name, builder, _bases, options):
    try:
        result = builder.build(name, epoch=1700000000).diff_ids
    except (Unsupported, Failed) as reason:
        result = str(reason).split("\n", maxsplit=1)[0].replace(options.work, "")
    with open(os.path.join(options.work, "out", name), "w", encoding="utf-8") as f:
        f.write(dumps(result))
    return "ok", ""


def same(name, _builder, _bases, options):
    if needs_root(name):
        return "skip", needs_root(name)
    texts = []
    others = ["user"] if needs_permissions(name) else ["user", "single"]
    for who in ["root", *others]:
        with open(os.path.join(options.work, who, "out", name), encoding="utf-8") as f:
            texts.append(f.read())
    alike = texts.count(texts[0]) == len(texts)
    if isinstance(json.loads(texts[0]), str) and alike:
        return "ok", "fails for all: " + json.loads(texts[0])
    return ("ok", "") if alike else ("not ok", "\n".join(texts))


def one(mode, name, builder, bases, options):
    try:
        return mode(name, builder, bases, options)
    except Exception as error:  # a fault of one case must not hide the others
        return "not ok", f"{type(error).__name__}: {error}"


def chosen_cases(options):
    names = sorted(os.listdir(CASES))
    unknown = [name for name in options.case if name not in names]
    if unknown:
        sys.exit(f"driver.py: no case {' '.join(unknown)}")
    return options.case or names


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("mode", choices=("compare", "accept", "record", "digests", "same"))
    parser.add_argument("--work", required=True)
    parser.add_argument("--ocib")
    parser.add_argument("--who", default="root")
    parser.add_argument("--docker")
    parser.add_argument("--shared")
    parser.add_argument("--base", action="append", default=[])
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("case", nargs="*")
    return parser.parse_intermixed_args()


def main():
    options = arguments()
    os.makedirs(os.path.join(options.work, "ctx"), exist_ok=True)
    os.makedirs(os.path.join(options.work, "out"), exist_ok=True)
    mode = {"compare": compare, "accept": accept, "record": record, "digests": digests, "same": same}[options.mode]
    builder = Docker(options) if options.mode == "record" else Ocib(options)
    bases = Bases(os.path.join(options.work, "bases.json"))
    counts = {"ok": 0, "not ok": 0, "skip": 0}
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        names = chosen_cases(options)
        results = pool.map(lambda name: one(mode, name, builder, bases, options), names)
        for name, (outcome, text) in zip(names, results):
            counts[outcome] += 1
            more = text.replace("\n", "\n    ")
            print(f"{outcome} - differential {options.who} {name}" + (f": {more}" if text else ""), flush=True)
    print(f"{counts['ok']} passed, {counts['not ok']} failed, {counts['skip']} skipped")
    sys.exit(1 if counts["not ok"] else 0)


if __name__ == "__main__":
    main()
