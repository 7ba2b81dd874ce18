"""Debian packages as files of an image: fetched from the archive's signed index, unpacked without running anything."""

from __future__ import annotations

import hashlib
import io
import lzma
import os
import posixpath
import re
import shutil
import subprocess
import tarfile
import urllib.request
from fnmatch import fnmatch
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rehearsal.errors import RehearsalError
from rehearsal.images.tree import Entry, directory, link

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

SUITE: Final = "bookworm"
PYTHON: Final = "3.11"
"""The suite's Python."""

_TIMEOUT_SECONDS: Final = 60
_KEYRING: Final = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
_MERGED: Final = ("bin", "lib", "lib64", "sbin")
_UNNEEDED: Final = (
    "usr/share/man/*",
    "usr/share/info/*",
    "usr/share/locale/*",
    "usr/share/lintian/*",
    "usr/share/bug/*",
    "usr/share/doc-base/*",
    "usr/share/bash-completion/*",
    "usr/share/i18n/*",
    "usr/share/applications/*",
    "usr/share/pixmaps/*",
    "usr/lib/*/gconv/*",
    "usr/lib/systemd/*",
    "usr/lib/python3*/test/*",
    "usr/lib/python3*/lib2to3/*",
    "usr/lib/python3*/pydoc_data/*",
    "etc/cron*",
    "etc/init.d/*",
    "etc/logrotate.d/*",
    "var/*",
)


def base() -> Iterator[Entry]:
    """What Debian's installer makes besides the packages: merged directories and a place for temporary files."""
    for name in _MERGED:
        yield link(name, f"usr/{name}")
        yield directory(f"usr/{name}")
    for name in ("proc", "sys", "dev", "run", "etc", "var", "home", "root"):
        yield directory(name)
    for name in ("tmp", "var/tmp"):
        yield directory(name, mode=0o1777)
    yield link("usr/bin/sh", "dash")
    yield link("usr/bin/python", "python3")


def extract(entries: Iterable[Entry], root: Path) -> None:
    """Write files and links to a directory of this machine, to run something of them."""
    for entry in entries:
        path = root / entry.path
        path.parent.mkdir(parents=True, exist_ok=True)
        if entry.target is not None:
            path.symlink_to(entry.target)
        elif isinstance(entry.content, bytes):
            path.write_bytes(entry.content)
            path.chmod(entry.mode)


class Archive:
    """The packages of one suite for one architecture, security updates included.

    ``MLPLATFORM_DEBIAN_MIRROR`` names another mirror than `https://deb.debian.org`; it must have `debian` and
    `debian-security`. The index is believed for its signature where `gpgv` and Debian's keys are on this machine,
    else for the mirror's certificate; the packages for their digests in the index.
    """

    def __init__(self, architecture: str) -> None:
        self._architecture = architecture
        self._mirror = os.environ.get("MLPLATFORM_DEBIAN_MIRROR", "https://deb.debian.org").rstrip("/")

    def entries(self, names: Iterable[str]) -> Iterator[Entry]:
        """The files of these packages, without manuals, translations and the like; dependencies are not followed."""
        for name in names:
            if name not in self._packages:
                raise RehearsalError(f"Debian {SUITE} has no package {name} for {self._architecture}")
            url, digest = self._packages[name]
            yield from _unpack(_fetch(url, digest))

    @cached_property
    def _packages(self) -> Mapping[str, tuple[str, str]]:
        """Address and SHA-256 sum of every package; where both have one, the security archive's."""
        index = self._index("debian", SUITE)
        return index | self._index("debian-security", f"{SUITE}-security")

    def _index(self, archive: str, suite: str) -> dict[str, tuple[str, str]]:
        root = f"{self._mirror}/{archive}"
        name = f"main/binary-{self._architecture}/Packages.xz"
        release = _believed(_fetch(f"{root}/dists/{suite}/InRelease"), self._mirror)
        found = re.search(rf"^ ([0-9a-f]{{64}}) +\d+ {re.escape(name)}$", release, flags=re.MULTILINE)
        if not found:
            raise RehearsalError(f"{root} has no list of the packages for {self._architecture}")
        text = lzma.decompress(_fetch(f"{root}/dists/{suite}/{name}", found[1])).decode()
        packages: dict[str, tuple[str, str]] = {}
        for paragraph in text.split("\n\n"):
            fields = dict(re.findall(r"^(Package|Filename|SHA256): (\S+)$", paragraph, flags=re.MULTILINE))
            if len(fields) == 3:
                # The last paragraph of a package is its newest version.
                packages[fields["Package"]] = f"{root}/{fields['Filename']}", fields["SHA256"]
        return packages


def _believed(release: bytes, mirror: str) -> str:
    verifier = shutil.which("gpgv")
    if verifier and _KEYRING.exists():
        checked = subprocess.run(
            [verifier, "--keyring", str(_KEYRING), "--output", "-"], input=release, capture_output=True, check=False
        )
        if checked.returncode == 0:
            return checked.stdout.decode()
        raise RehearsalError(
            f"the package index of {mirror} is not signed by a key of Debian that this machine knows",
            remedy="update the package debian-archive-keyring, or set MLPLATFORM_DEBIAN_MIRROR",
        )
    if not mirror.startswith("https://"):
        raise RehearsalError(
            f"nothing vouches for the packages of {mirror}: no https, and no gpgv with Debian's keys here",
            remedy="set MLPLATFORM_DEBIAN_MIRROR to an https mirror, or install gpgv and debian-archive-keyring",
        )
    return release.decode()


def _fetch(url: str, digest: str | None = None) -> bytes:
    try:
        with urllib.request.urlopen(url, timeout=_TIMEOUT_SECONDS) as answer:  # noqa: S310  mirror's own scheme
            content: bytes = answer.read()
    except OSError as error:
        raise RehearsalError(
            f"{url} cannot be fetched: {error}",
            remedy="check the network, or set MLPLATFORM_DEBIAN_MIRROR",
        ) from error
    if digest and hashlib.sha256(content).hexdigest() != digest:
        raise RehearsalError(f"{url} is damaged: not the content that the index of the archive lists")
    return content


def _unpack(package: bytes) -> Iterator[Entry]:
    with tarfile.open(fileobj=io.BytesIO(_data(package))) as archive:
        for member in archive:
            path = _merged(posixpath.normpath(member.name))
            if member.isdir() or not _needed(path):
                continue
            if member.issym():
                yield link(path, member.linkname)
            elif content := archive.extractfile(member):
                yield Entry(path, content.read(), mode=member.mode & 0o755)


def _data(package: bytes) -> bytes:
    """The member `data.tar` of a package, which is an `ar` archive of three; uncompressed."""
    position = len(b"!<arch>\n")
    while position < len(package):
        header = package[position : position + 60]
        name, size = header[:16].decode().strip().rstrip("/"), int(header[48:58])
        position += 60
        if name.startswith("data.tar"):
            return _decompressed(name, package[position : position + size])
        position += size + size % 2
    raise RehearsalError("a Debian package has no files in it; its mirror is damaged")


def _decompressed(name: str, data: bytes) -> bytes:
    if name.endswith(".xz"):
        return lzma.decompress(data)
    if name.endswith(".tar"):
        return data
    raise RehearsalError(f"a Debian package is compressed in a way that is not known here: {name}")


def _merged(path: str) -> str:
    """The path in a system whose `/bin`, `/lib` and the like are links into `/usr`, as Debian's are."""
    return f"usr/{path}" if path.partition("/")[0] in _MERGED else path


def _needed(path: str) -> bool:
    if fnmatch(path, "usr/share/doc/*"):
        return path.endswith("/copyright")
    return not any(fnmatch(path, pattern) for pattern in _UNNEEDED)
