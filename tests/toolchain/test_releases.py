"""Official builds: fetched where a site has them with the vendor's sum, else built and said so."""

from __future__ import annotations

import hashlib
import io
import tarfile
import threading
import time
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from rehearsal.progress import Silent
from rehearsal.toolchain.catalogue import CATALOGUE
from rehearsal.toolchain.releases import release_of
from tests.toolchain.workbench import Heard, tool

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rehearsal.toolchain.tool import Tool
    from tests.toolchain.workbench import Workbench

OFFICIAL = [name for name, entry in CATALOGUE.items() if entry.release]


class Quiet(SimpleHTTPRequestHandler):
    """Serves files and keeps no log."""

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The directory behind a mirror of all vendors' sites, which the toolchain is told to use."""
    directory = tmp_path / "site"
    directory.mkdir()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(directory)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setenv("MLPLATFORM_RELEASES", f"http://127.0.0.1:{server.server_port}")
    yield directory
    server.shutdown()
    thread.join()
    server.server_close()


def publish(site: Path, entry: Tool) -> None:
    """Lay out a vendor's release of a tool as its site has it: files or an archive, and the sums."""
    release = release_of(entry)
    assert release
    if release.archive is None:
        for binary, url in release.members.items():
            file = _place(site, url, f"official {binary}".encode())
            _place(site, f"{url}.sha256", f"{_sum(file)}\n".encode())
        return
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for binary, member in release.members.items():
            content = f"official {binary}".encode()
            about = tarfile.TarInfo(f"./{member}")
            about.size = len(content)
            tar.addfile(about, io.BytesIO(content))
    file = _place(site, release.archive, packed.getvalue())
    assert release.checksums
    listed = f"{'0' * 64}  another-file.zip\n{_sum(file)}  {file.name}\n"
    _place(site, release.checksums, listed.encode())


def _place(site: Path, url: str, content: bytes) -> Path:
    file = site / url.removeprefix("https://")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    return file


def _sum(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def like(name: str) -> Tool:
    """A tool of the small catalogue that has the official builds of a real one."""
    real = CATALOGUE[name]
    return tool(name, programs={name: f"example.org/{name}" for name in real.binaries}, release=real.release)


@pytest.mark.parametrize("name", OFFICIAL)
def test_an_official_build_is_fetched_in_the_layout_of_its_vendor(workbench: Workbench, site: Path, name: str) -> None:
    workbench.add(like(name))
    publish(site, workbench.catalogue[name])
    tools = workbench.toolchain().ensure([name], Silent())
    for binary in workbench.catalogue[name].binaries:
        assert tools.binary(binary).read_text() == f"official {binary}"
    assert workbench.calls("begin") == []
    assert workbench.toolchain().status()[0].origin == "release"


@pytest.mark.parametrize("name", ["etcd", "kubernetes"])
def test_a_file_without_the_published_sum_is_not_used(workbench: Workbench, site: Path, name: str) -> None:
    workbench.add(like(name))
    publish(site, workbench.catalogue[name])
    release = release_of(workbench.catalogue[name])
    assert release
    address = release.archive or release.members["kubelet"]
    (site / address.removeprefix("https://")).write_bytes(b"something else")
    heard = Heard()
    workbench.toolchain().ensure([name], heard)
    assert workbench.calls("begin") == [name]
    assert any("does not have the sum that its vendor published" in line for line in heard.lines)


def test_a_release_that_is_gone_is_built_and_one_line_says_so(workbench: Workbench, site: Path) -> None:
    workbench.add(like("etcd"), like("prometheus"))
    publish(site, workbench.catalogue["prometheus"])
    heard = Heard()
    workbench.toolchain().ensure(workbench.catalogue, heard)
    assert workbench.calls("begin") == ["etcd"]
    assert [line for line in heard.lines if "etcd" in line and "building from source" in line]


def test_sites_that_do_not_answer_cost_little(workbench: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    # An address reserved for documentation: nothing answers there, and nothing refuses.
    monkeypatch.setenv("MLPLATFORM_RELEASES", "http://192.0.2.1")
    workbench.add(*(like(name) for name in OFFICIAL))
    started = time.monotonic()
    heard = Heard()
    workbench.toolchain().ensure(["etcd"], heard)
    assert time.monotonic() - started < 10
    assert heard.lines[0] == "official builds of etcd cannot be reached: building from source"


def test_official_builds_can_be_switched_off(workbench: Workbench, site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workbench.add(like("etcd"))
    publish(site, workbench.catalogue["etcd"])
    monkeypatch.setenv("MLPLATFORM_RELEASES", "off")
    workbench.toolchain().ensure(["etcd"], Silent())
    assert workbench.toolchain().status()[0].origin == "built"
