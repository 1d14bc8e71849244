"""Reads an image out of a tar with an OCI layout, and merges its layers into one tree.

Independent of ocib on purpose: what it checks is ocib's work. Nothing is unpacked, so any owner,
mode and device can be seen by any user."""

import gzip
import hashlib
import io
import json
import os
import tarfile

KINDS = {tarfile.REGTYPE: "file", tarfile.AREGTYPE: "file", tarfile.GNUTYPE_SPARSE: "file", tarfile.CONTTYPE: "file",
         tarfile.DIRTYPE: "dir", tarfile.SYMTYPE: "symlink", tarfile.CHRTYPE: "char", tarfile.BLKTYPE: "block",
         tarfile.FIFOTYPE: "fifo"}
TEXT_MOST = 160


class Inode:
    """What a path is. Hard links share one."""

    def __init__(self, member, data):
        self.kind = KINDS[member.type]
        self.mode, self.uid, self.gid = member.mode & 0o7777, member.uid, member.gid
        self.link = member.linkname if self.kind == "symlink" else ""
        self.device = (member.devmajor, member.devminor) if self.kind in ("char", "block") else None
        self.data = data
        self.mtime = int(member.mtime)
        self.xattrs = {key[13:]: value.encode("utf-8", "surrogateescape") for key, value in member.pax_headers.items()
                       if key.startswith("SCHILY.xattr.")}

    def content(self, known):
        """The content as text where it is one, else its size and digest, or the name of a known one."""
        digest = hashlib.sha256(self.data).hexdigest()
        if digest in known:
            return f"the content of {known[digest]}"
        try:
            text = self.data.decode("ascii")
            if len(text) <= TEXT_MOST and (text.isprintable() or text.replace("\n", "").replace("\t", "").isprintable()):
                return json.dumps(text)
        except UnicodeDecodeError:
            pass
        return f"{len(self.data)} bytes sha256:{digest}"

    def describe(self, known, newest):
        """One line: all that is compared. The time is told unless it is later than `newest`."""
        line = f"{self.kind} {self.mode:04o} {self.uid}:{self.gid}"
        if self.kind == "symlink":
            line = f"symlink {self.uid}:{self.gid} -> {self.link}"
        if self.kind == "file":
            line += f" {self.content(known)}"
        if self.device:
            line += f" {self.device[0]},{self.device[1]}"
        for key in sorted(self.xattrs):
            line += f" {key}={self.xattrs[key].hex()}"
        if self.mtime <= newest:
            line += f" mtime={self.mtime}"
        return line


def below(tree, path):
    return [name for name in tree if name.startswith(path + "/")]


def remove(tree, path):
    for name in below(tree, path) + [path]:
        tree.pop(name, None)


def apply_layer(tree, tar):
    """Puts one layer over the tree. Whiteouts act on the layers below only."""
    found, order = {}, []
    for member in tar:
        name = os.path.normpath("/" + member.name).lstrip("/")
        folder, _, base = name.rpartition("/")
        if base == ".wh..wh..opq":
            for path in below(tree, folder):
                tree.pop(path)
        elif base.startswith(".wh."):
            remove(tree, os.path.join(folder, base[4:]))
        elif member.islnk():
            target = os.path.normpath("/" + member.linkname).lstrip("/")
            found[name] = found[target] if target in found else tree[target]
            order.append(name)
        elif name:
            data = tar.extractfile(member).read() if member.isreg() else None
            found[name] = Inode(member, data)
            order.append(name)
    for name in order:
        if found[name].kind != "dir":
            remove(tree, name)
        tree[name] = found[name]


class Image:
    """Config, layers and merged tree of the one image of a tar."""

    def __init__(self, path):
        with tarfile.open(path) as tar:
            self.config, layers = self._documents(tar)
            self.trees = [{}]
            for descriptor in layers:
                data = self._blob(tar, descriptor)
                data = gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
                tree = dict(self.trees[-1])
                with tarfile.open(fileobj=io.BytesIO(data)) as layer:
                    apply_layer(tree, layer)
                self.trees.append(tree)
        self.tree = self.trees[-1]
        self.diff_ids = self.config["rootfs"].get("diff_ids") or []

    @staticmethod
    def _blob(tar, descriptor):
        return tar.extractfile("blobs/" + descriptor["digest"].replace(":", "/")).read()

    def _documents(self, tar):
        entry = json.load(tar.extractfile("index.json"))["manifests"][0]
        manifest = json.loads(self._blob(tar, entry))
        while "manifests" in manifest:
            manifest = json.loads(self._blob(tar, manifest["manifests"][0]))
        return json.loads(self._blob(tar, manifest["config"])), manifest["layers"]

    def links(self, tree):
        """Paths that share an inode, in groups."""
        groups = {}
        for path, inode in tree.items():
            groups.setdefault(id(inode), []).append(path)
        return sorted(sorted(group) for group in groups.values() if len(group) > 1)
