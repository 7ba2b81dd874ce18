"""Debian packages: the newest that the archive's index lists, checked, as one tree, less what nobody reads."""

from __future__ import annotations

import hashlib
import io
import lzma
import tarfile
from typing import TYPE_CHECKING

import pytest

from rehearsal.errors import RehearsalError
from rehearsal.images import debian

if TYPE_CHECKING:
    from pathlib import Path

MIRROR = "https://mirror.example"
FILES = {
    "./bin/program": b"text",
    "./lib/x86_64-linux-gnu/libx.so.1": b"library",
    "./usr/share/man/man1/program.1.gz": b"manual",
    "./usr/share/doc/program/copyright": b"licence",
    "./usr/share/doc/program/changelog.gz": b"news",
}


def package(files: dict[str, bytes]) -> bytes:
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w:xz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size, member.mode, member.uid = len(content), 0o4755, 1
            archive.addfile(member, io.BytesIO(content))
        alias = tarfile.TarInfo("./bin/alias")
        alias.type, alias.linkname = tarfile.SYMTYPE, "program"
        archive.addfile(alias)
    parts = {"debian-binary": b"2.0", "control.tar.xz": b"odd", "data.tar.xz": data.getvalue()}
    members = b"".join(
        f"{name:<16}{0:<12}{0:<6}{0:<6}{100644:<8}{len(content):<10}`\n".encode() + content + b"\n" * (len(content) % 2)
        for name, content in parts.items()
    )
    return b"!<arch>\n" + members


def published(archive: str, suite: str, content: bytes) -> dict[str, bytes]:
    path = "pool/p/program_1_amd64.deb"
    listed = f"Package: program\nFilename: {path}\nSHA256: {hashlib.sha256(content).hexdigest()}\n"
    packages = lzma.compress(listed.encode())
    name = "main/binary-amd64/Packages.xz"
    release = f"Suite: x\nSHA256:\n {hashlib.sha256(packages).hexdigest()} {len(packages):>9} {name}\n"
    root = f"{MIRROR}/{archive}"
    return {
        f"{root}/dists/{suite}/InRelease": release.encode(),
        f"{root}/dists/{suite}/{name}": packages,
        f"{root}/{path}": content,
    }


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, bytes]:
    """A mirror as a dictionary; this machine knows no keys, so that only the mirror's certificate vouches for it."""
    content = published("debian", debian.SUITE, package(FILES))
    content |= published("debian-security", f"{debian.SUITE}-security", package(FILES))
    monkeypatch.setenv("MLPLATFORM_DEBIAN_MIRROR", MIRROR)
    monkeypatch.setattr(debian, "_KEYRING", tmp_path / "absent")
    monkeypatch.setattr("urllib.request.urlopen", lambda url, timeout: io.BytesIO(content[url]))  # noqa: ARG005
    return content


def test_a_package_becomes_files_in_the_merged_directories(web: dict[str, bytes]) -> None:
    del web
    found = {entry.path: entry for entry in debian.Archive("amd64").entries(["program"])}
    assert sorted(found) == [
        "usr/bin/alias",
        "usr/bin/program",
        "usr/lib/x86_64-linux-gnu/libx.so.1",
        "usr/share/doc/program/copyright",
    ]
    assert (found["usr/bin/program"].mode, found["usr/bin/program"].owner) == (0o755, 0)
    assert found["usr/bin/alias"].target == "program"


def test_a_security_update_stands_above_the_release(web: dict[str, bytes]) -> None:
    web.update(published("debian-security", f"{debian.SUITE}-security", package({"./bin/program": b"mended"})))
    found = {entry.path: entry.content for entry in debian.Archive("amd64").entries(["program"])}
    assert found["usr/bin/program"] == b"mended"


@pytest.mark.parametrize("damaged", ["debian-security/pool/p/program_1_amd64.deb", "debian/dists/{}/main/{}"])
def test_content_that_the_index_does_not_list_is_refused(web: dict[str, bytes], damaged: str) -> None:
    url = f"{MIRROR}/{damaged.format(debian.SUITE, 'binary-amd64/Packages.xz')}"
    web[url] += b"more"
    with pytest.raises(RehearsalError, match=f"{url} is damaged"):
        list(debian.Archive("amd64").entries(["program"]))


def test_a_mirror_that_nothing_vouches_for_is_refused(web: dict[str, bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    web.update({url.replace("https", "http"): content for url, content in web.items()})
    monkeypatch.setenv("MLPLATFORM_DEBIAN_MIRROR", MIRROR.replace("https", "http"))
    with pytest.raises(RehearsalError, match=r"nothing vouches for the packages of http://mirror\.example"):
        list(debian.Archive("amd64").entries(["program"]))


def test_a_package_that_is_not_there_is_named(web: dict[str, bytes]) -> None:
    del web
    with pytest.raises(RehearsalError, match=r"Debian bookworm has no package other for amd64"):
        list(debian.Archive("amd64").entries(["other"]))
