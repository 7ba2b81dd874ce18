"""Official builds from the vendors' sites, each checked against the vendor's own list of sums.

``MLPLATFORM_RELEASES=off`` leaves them alone. An address there names a mirror with the same layout: what the vendor
has at `https://host/path` is fetched from `<address>/host/path`.
"""

from __future__ import annotations

import hashlib
import http.client
import os
import platform
import shutil
import tarfile
import threading
import time
import urllib.request
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from rehearsal.toolchain.tool import Release, Tool

PROBE_SECONDS: Final = 2.5
"""How long all sites together have to answer with their sums before everything is built instead."""
_STALL_SECONDS: Final = 15
_MACHINES: Final = {"x86_64": "amd64", "aarch64": "arm64"}
_CHUNK: Final = 2**20
_FAILURES: Final = (OSError, http.client.HTTPException, tarfile.TarError, ValueError)
"""What goes wrong with a site, a download or an archive; `urllib`'s errors are ``OSError``."""


class ReleaseUnusable(Exception):  # noqa: N818
    """An official build was there and could not be used; the text says why in a few words."""


def release_of(tool: Tool) -> Release | None:
    """The vendor's build for this machine, where there is one and it is not switched off."""
    if os.environ.get("MLPLATFORM_RELEASES") == "off":
        return None
    return tool.release.get(_MACHINES.get(platform.machine(), ""))


def sums_of(tools: Iterable[Tool]) -> Mapping[str, Mapping[str, str]]:
    """The vendors' sums for each tool whose site answers within ``PROBE_SECONDS``: address of a file -> SHA-256."""
    releases = {tool.name: release for tool in tools if (release := release_of(tool))}
    lists = {address for release in releases.values() for address in _lists(release)}
    answers: dict[str, str] = {}
    threads = [threading.Thread(target=_ask, args=(address, answers), daemon=True) for address in lists]
    for thread in threads:
        thread.start()
    end = time.monotonic() + PROBE_SECONDS
    for thread in threads:
        # A name server that is silent cannot be interrupted: such a thread is left behind.
        thread.join(max(0.0, end - time.monotonic()))
    known = dict(answers)
    return {name: sums for name, release in releases.items() if (sums := _sums(release, known))}


def fetch(tool: Tool, sums: Mapping[str, str], staged: Path, downloads: Path, progress: Callable[[str], None]) -> None:
    """Fill ``staged`` with the official binaries; raises ``ReleaseUnusable``."""
    release = release_of(tool)
    if release is None:
        raise ReleaseUnusable("no official build for this machine")
    (staged / "bin").mkdir(parents=True)
    try:
        for binary, member in release.members.items():
            address = release.archive or member
            file = _download(address, sums[address], downloads, progress)
            if release.archive:
                _extract(file, member, staged / "bin" / binary)
            else:
                shutil.copyfile(file, staged / "bin" / binary)
            (staged / "bin" / binary).chmod(0o755)
    except _FAILURES as error:
        raise ReleaseUnusable(str(error) or type(error).__name__) from error


def _lists(release: Release) -> list[str]:
    """The addresses of the sums of a release."""
    return [release.checksums] if release.checksums else [f"{url}.sha256" for url in release.members.values()]


def _sums(release: Release, answers: Mapping[str, str]) -> Mapping[str, str]:
    """The sum of every file of a release; empty where one is unknown."""
    files = [release.archive] if release.archive else list(release.members.values())
    found: dict[str, str] = {}
    for file in files:
        text = answers.get(release.checksums or f"{file}.sha256", "")
        for line in text.splitlines():
            # Either `<sum>  <name>` or, in a file of its own, the sum alone.
            words = line.split()
            if words and words[-1].removeprefix("*") in {file.rpartition("/")[2], words[0]}:
                found[file] = words[0].lower()
    return found if len(found) == len(files) else {}


def _ask(address: str, answers: dict[str, str]) -> None:
    try:
        with urllib.request.urlopen(_placed(address), timeout=PROBE_SECONDS) as response:  # noqa: S310
            answers[address] = response.read(_CHUNK).decode()
    except _FAILURES:
        return


def _placed(address: str) -> str:
    """Where to fetch an address from: the vendor, or the mirror that the user named."""
    mirror = os.environ.get("MLPLATFORM_RELEASES")
    return f"{mirror.rstrip('/')}/{address.removeprefix('https://')}" if mirror else address


def _download(address: str, sha256: str, downloads: Path, progress: Callable[[str], None]) -> Path:
    """The file of an address with this sum, fetched once a run; ``ValueError`` where the sum differs."""
    name = address.rpartition("/")[2]
    file = downloads / sha256 / name
    if file.exists():
        return file
    file.parent.mkdir(parents=True, exist_ok=True)
    partial = file.with_name(f"{name}.partial")
    digest = hashlib.sha256()
    with (
        urllib.request.urlopen(_placed(address), timeout=_STALL_SECONDS) as response,  # noqa: S310
        partial.open("wb") as out,
    ):
        done = 0
        while chunk := response.read(_CHUNK):
            digest.update(chunk)
            out.write(chunk)
            done += len(chunk)
            progress(f"{name}: {done // 10**6} MB")
    if digest.hexdigest() != sha256:
        raise ValueError(f"{name} does not have the sum that its vendor published")
    partial.rename(file)
    return file


def _extract(archive: Path, member: str, target: Path) -> None:
    """Take one file out of a tar archive; nothing else of it is unpacked."""
    with tarfile.open(archive) as tar:
        content = tar.extractfile(_member(tar, member))
        if content is None:
            raise ValueError(f"{member} in {archive.name} is no file")
        with target.open("wb") as out:
            shutil.copyfileobj(content, out)


def _member(tar: tarfile.TarFile, name: str) -> tarfile.TarInfo:
    for info in tar:
        if info.name.removeprefix("./") == name:
            return info
    raise ValueError(f"the archive has no {name}")
