"""mkwheel.py OUT DEB...: make a wheel of each Debian package that holds a Python distribution.

A wheel is the files below dist-packages and a .dist-info folder (PyPA, "Binary distribution format"). Debian's packages
carry the latter as .dist-info or, from older build tools, as .egg-info, which is converted. Requirements that Debian's
build took out of the metadata, because the package's Depends has them, are put back from there.
"""

import base64
import configparser
import email
import hashlib
import pathlib
import re
import subprocess
import sys
import sysconfig
import tempfile
import zipfile

from pip._vendor.packaging.requirements import InvalidRequirement, Requirement
from pip._vendor.packaging.utils import canonicalize_name

SITE = "usr/lib/python3/dist-packages"


def egg_requirements(text):
    """Requires-Dist values of a requires.txt: sections are [extra], [:marker] or [extra:marker]."""
    extra, marker, out = "", "", []
    for line in (raw.strip() for raw in text.splitlines()):
        if line.startswith("["):
            extra, _, marker = line[1:-1].partition(":")
        elif line and not line.startswith("#"):
            conditions = [f"({marker})"] if marker else []
            conditions += [f'extra == "{extra}"'] if extra else []
            out.append(line + ("; " + " and ".join(conditions) if conditions else ""))
    return out


class Distribution:
    """One distribution found in an unpacked package."""

    def __init__(self, site, info):
        self.site, self.info = site, info
        is_file = info.is_file()
        header = info if is_file else next(p for p in (info / "METADATA", info / "PKG-INFO") if p.exists())
        self.header = email.message_from_string(header.read_text(encoding="utf-8"))
        self.name, self.version = self.header["Name"], self.header["Version"]
        self.requires = self.header.get_all("Requires-Dist") or []
        old = info / "requires.txt"
        if not is_file and old.exists():
            self.requires = egg_requirements(old.read_text())
        points = info / "entry_points.txt"
        self.entry_points = points.read_text() if not is_file and points.exists() else ""

    def files(self):
        for path in sorted(self.site.rglob("*")):
            inside = path.relative_to(self.site)
            skip = any(part.endswith((".egg-info", ".dist-info")) or part == "__pycache__" for part in inside.parts)
            if path.is_file() and not skip:
                yield inside.as_posix(), path

    def add_depends(self, deb, by_package):
        """The Python packages that the Debian package depends on, in the set, are requirements too."""
        field = subprocess.run(["dpkg-deb", "-f", deb, "Depends"], check=True, capture_output=True, text=True).stdout
        named = {canonicalize_name(re.match(r"[\w.-]+", need.strip()).group()) for need in self.requires}
        for package in re.findall(r"python3-[\w.+-]+", field):
            other = by_package.get(package)
            if other and other is not self and canonicalize_name(other.name) not in named:
                self.requires.append(other.name)

    def settle(self, versions):
        """Keep the requirements that the set fulfils; Debian builds the set together, so the others only lose their bounds."""
        kept = []
        for text in self.requires:
            try:
                need = Requirement(text)
            except InvalidRequirement:
                continue
            have = versions.get(canonicalize_name(need.name))
            if have and not need.specifier.contains(have, prereleases=True):
                text = need.name + (f"[{','.join(sorted(need.extras))}]" if need.extras else "")
                text += f"; {need.marker}" if need.marker else ""
            kept.append(text)
        self.requires = kept

    def metadata(self):
        lines = ["Metadata-Version: 2.1", f"Name: {self.name}", f"Version: {self.version}"]
        for key in ("Summary", "License", "Requires-Python"):
            if self.header[key]:
                lines.append(f"{key}: {' '.join(self.header[key].split()).rstrip(',')}")
        extras = set(self.header.get_all("Provides-Extra") or [])
        extras |= {e for r in self.requires for e in re.findall(r'extra == "([^"]+)"', r.replace("'", '"'))}
        lines += [f"Provides-Extra: {extra}" for extra in sorted(extras)]
        lines += [f"Requires-Dist: {need}" for need in self.requires]
        return "\n".join(lines) + "\n"

    def scripts(self):
        parser = configparser.ConfigParser(delimiters=("=",), strict=False)
        parser.optionxform = str
        parser.read_string(self.entry_points)
        return "".join(
            f"[{group}]\n" + "".join(f"{k} = {v}\n" for k, v in parser[group].items())
            for group in ("console_scripts", "gui_scripts")
            if parser.has_section(group)
        )


def write_wheel(dist, out):
    """A wheel with fixed times, so that the same package gives the same file."""
    files = list(dist.files())
    binary = any(name.endswith(".so") for name, _ in files)
    platform = sysconfig.get_platform().replace("-", "_").replace(".", "_")
    python = f"cp{sys.version_info.major}{sys.version_info.minor}"
    tag = f"{python}-{python}-{platform}" if binary else "py3-none-any"
    stem = f"{re.sub('[-_.]+', '_', dist.name)}-{dist.version}"
    info = f"{stem}.dist-info"
    contents = [(name, path.read_bytes()) for name, path in files]
    contents.append((f"{info}/METADATA", dist.metadata().encode()))
    pure = "false" if binary else "true"
    contents.append((f"{info}/WHEEL", f"Wheel-Version: 1.0\nGenerator: mkwheel\nRoot-Is-Purelib: {pure}\nTag: {tag}\n".encode()))
    if dist.scripts():
        contents.append((f"{info}/entry_points.txt", dist.scripts().encode()))
    record = ""
    for name, data in contents:
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        record += f"{name},sha256={digest},{len(data)}\n"
    contents.append((f"{info}/RECORD", (record + f"{info}/RECORD,,\n").encode()))
    with zipfile.ZipFile(out / f"{stem}-{tag}.whl", "w") as wheel:
        for name, data in contents:
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o100644 << 16
            wheel.writestr(entry, data)


def main():
    out = pathlib.Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        found, by_package = [], {}
        for number, deb in enumerate(sys.argv[2:]):
            root = pathlib.Path(temporary, str(number))
            subprocess.run(["dpkg-deb", "-x", deb, root], check=True)
            site = root / SITE
            infos = sorted(site.glob("*.dist-info")) + sorted(site.glob("*.egg-info"))
            if infos:
                dist = Distribution(site, infos[0])
                by_package[pathlib.Path(deb).name.split("_")[0]] = dist
                found.append((dist, deb))
        versions = {canonicalize_name(dist.name): dist.version for dist, _ in found}
        for dist, deb in found:
            dist.add_depends(deb, by_package)
            dist.settle(versions)
            write_wheel(dist, out)


main()
