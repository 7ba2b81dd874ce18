"""Layers: the same files give the same bytes, wherever and whenever they are packed."""

from __future__ import annotations

import io
import os
import tarfile
from typing import TYPE_CHECKING

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from rehearsal.images import tree
from rehearsal.images.blobs import Blob, BlobStore, DamagedBlobError
from rehearsal.images.tree import directory, file, link

if TYPE_CHECKING:
    from pathlib import Path


def packed(*entries: tree.Entry) -> bytes:
    stream = io.BytesIO()
    tree.pack(entries, stream)
    return stream.getvalue()


def members(archive: bytes) -> dict[str, tarfile.TarInfo]:
    with tarfile.open(fileobj=io.BytesIO(archive)) as opened:
        return {member.name: member for member in opened}


names = st.lists(st.text("abc", min_size=1, max_size=3), min_size=1, max_size=3).map("/".join)


@given(st.dictionaries(names.map("d/{}.f".format), st.binary(max_size=20), max_size=6), st.randoms())
def test_the_order_in_which_files_come_does_not_show(found: dict[str, bytes], order: object) -> None:
    entries = [file(path, content) for path, content in found.items()]
    shuffled = list(entries)
    order.shuffle(shuffled)  # type: ignore[attr-defined]
    assert packed(*entries) == packed(*shuffled)


def test_times_users_and_places_of_this_machine_do_not_show(tmp_path: Path) -> None:
    for place, modified in (("one", 1_000_000_000), ("two", 1_700_000_000)):
        (tmp_path / place).mkdir()
        source = tmp_path / place / "program"
        source.write_bytes(b"text")
        source.chmod(0o700)
        os.utime(source, (modified, modified))
    one, two = (packed(*tree.walk(tmp_path / place, below="opt")) for place in ("one", "two"))
    assert one == two
    member = members(one)["opt/program"]
    assert (member.mode, member.uid, member.uname, member.mtime) == (0o755, 0, "", 0)


def test_parents_come_before_what_is_in_them_and_keep_their_own_mode() -> None:
    found = members(packed(file("tmp/deep/er/file", "x"), directory("tmp", mode=0o1777)))
    assert list(found) == ["tmp", "tmp/deep", "tmp/deep/er", "tmp/deep/er/file"]
    assert found["tmp"].mode == 0o1777
    assert found["tmp/deep"].mode == 0o755


def test_a_file_below_a_link_is_refused() -> None:
    with pytest.raises(ValueError, match="/lib/x cannot lie below /lib"):
        packed(link("lib", "usr/lib"), file("lib/x", ""))


def test_the_later_of_two_files_at_one_path_stays() -> None:
    with tarfile.open(fileobj=io.BytesIO(packed(file("f", "old"), file("f", "new")))) as archive:
        content = archive.extractfile("f")
        assert content
        assert content.read() == b"new"


def test_a_stored_layer_is_named_by_its_content(tmp_path: Path) -> None:
    one, two = (BlobStore(tmp_path / name) for name in ("one", "two"))
    layer = one.add_layer([file("f", "content" * 10_000)])
    assert two.add_layer([file("f", "content" * 10_000)]) == layer
    plain = zstandard.ZstdDecompressor().decompressobj().decompress(b"".join(one.read(layer.blob)))
    assert list(members(plain)) == ["f"]
    assert [path.name for path in one.directory.iterdir()] == [layer.blob.digest.removeprefix("sha256:")]


def test_damaged_content_is_found_when_it_is_read_and_removed(tmp_path: Path) -> None:
    blobs = BlobStore(tmp_path)
    blob = blobs.add([b"good", b"content"], "text/plain")
    path = blobs.path(blob)
    path.write_bytes(b"evilcontent")
    assert blobs.holds(blob)
    with pytest.raises(DamagedBlobError, match=blob.digest):
        list(blobs.read(blob))
    assert not blobs.holds(blob)


def test_content_that_is_not_what_was_expected_is_not_kept(tmp_path: Path) -> None:
    blobs = BlobStore(tmp_path)
    with pytest.raises(DamagedBlobError):
        blobs.add([b"content"], "text/plain", expected="sha256:" + "0" * 64)
    assert list(tmp_path.iterdir()) == []


def test_only_old_blobs_that_nothing_names_are_removed(tmp_path: Path) -> None:
    blobs = BlobStore(tmp_path)
    kept, fresh, old = (blobs.add([text], "text/plain") for text in (b"kept", b"fresh", b"old"))
    for blob in (kept, old):
        os.utime(blobs.path(blob), (1000, 1000))
    assert blobs.remove_unused({kept.digest}, older_than=2000) == len(b"old")
    assert [blobs.holds(blob) for blob in (kept, fresh, old)] == [True, True, False]


def test_a_blob_of_another_size_does_not_count_as_there(tmp_path: Path) -> None:
    blobs = BlobStore(tmp_path)
    blob = blobs.add([b"content"], "text/plain")
    assert not blobs.holds(Blob(blob.media_type, blob.digest, blob.size + 1))
