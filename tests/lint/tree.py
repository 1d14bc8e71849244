"""What the lints look at: the project's files, its table of parts, and what they report."""

import os
import re
import subprocess

from csource import blank, without_directives


class Skip(Exception):
    """The lint can't run on this machine; the text says why."""


class Part:
    def __init__(self, level, name, uses, libraries):
        self.level = level
        self.name = name
        self.uses = uses
        self.libraries = libraries


class Tree:
    def __init__(self, root, part=None):
        self.root = root
        self.part = part
        self.files = self._list()
        self.parts, self.bad_rows = self._parts()
        self._text = {}
        self._code = {}

    def _list(self):
        """Every file that is or could be committed, relative to the root, sorted."""
        git = subprocess.run(
            ["git", "-c", "safe.directory=*", "-C", self.root, "ls-files", "-co", "--exclude-standard", "-z"],
            capture_output=True,
            check=False,
        )
        if git.returncode == 0 and os.path.exists(os.path.join(self.root, ".git")):
            names = [n for n in git.stdout.decode("utf-8", "surrogateescape").split("\0") if n]
        else:
            names = []
            for folder, folders, files in os.walk(self.root):
                folders[:] = [f for f in folders if f not in (".git", ".cache") and not f.startswith("build-")]
                names += [os.path.relpath(os.path.join(folder, f), self.root) for f in files]
        return sorted({n for n in names if os.path.isfile(os.path.join(self.root, n))})

    def _parts(self):
        parts, bad = {}, []
        path = os.path.join(self.root, "src/parts.txt")
        with open(path, encoding="utf-8") as rows:
            for number, row in enumerate(rows, 1):
                words = row.split()
                if not words or words[0].startswith("#"):
                    continue
                if len(words) != 4 or not words[0].isdigit():
                    bad.append((number, "a row is: level name may-use libraries"))
                    continue
                level, name, uses, libraries = words
                uses = [] if uses == "-" else uses.split(",")
                libraries = [] if libraries == "-" else libraries.split(",")
                for used in uses:
                    if used not in parts or parts[used].level >= int(level):
                        bad.append((number, f"'{name}' may not use '{used}': only parts of lower levels"))
                parts[name] = Part(int(level), name, uses, libraries)
        return parts, bad

    def select(self, pattern, everything=False):
        """Files that match; with --part only those of that part, unless `everything`."""
        chosen = [f for f in self.files if re.search(pattern, f)]
        if self.part and not everything:
            chosen = [f for f in chosen if f"/{self.part}/" in f"/{f}"]
        return chosen

    def path(self, name):
        return os.path.join(self.root, name)

    def text(self, name):
        if name not in self._text:
            with open(self.path(name), encoding="utf-8", errors="replace") as f:
                self._text[name] = f.read()
        return self._text[name]

    def commentless(self, name):
        """The text with comments blanked; literals and directives stay."""
        return blank(self.text(name), quote_too=False)

    def code(self, name):
        """The text with comments, literals and directives blanked."""
        if name not in self._code:
            self._code[name] = without_directives(blank(self.text(name)))
        return self._code[name]


class Report:
    def __init__(self):
        self.problems = []
        self.notes = []

    def problem(self, name, line, text):
        self.problems.append(f"{name}:{line}: {text}")

    def note(self, text):
        self.notes.append(text)
