"""The image store: makes what is missing once, keeps it by content, and says where everything is from."""

from __future__ import annotations

import io
import json
import tarfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from rehearsal.errors import RehearsalError
from rehearsal.images import ImageStore, Source, needed_tools, oci
from rehearsal.progress import Silent
from tests.images.workbench import SCRIPT, TOOL, Notes, Watched, blobs, recipes, store

if TYPE_CHECKING:
    from rehearsal.images.oci import Image

UNKNOWN = "registry.example/other:1"


def test_images_are_made_once_and_share_layers(tmp_path: Path) -> None:
    watched = Watched()
    notes = Notes()
    made = store(tmp_path, watched).ensure([TOOL, SCRIPT, "script:7"], notes)
    assert [image.reference for image in made] == [TOOL, SCRIPT, "script:7"]
    assert made[1].digest == made[2].digest
    assert len(watched.made) == 1
    assert notes.lines == ["make lowest", "make tool"]
    assert len(blobs(tmp_path)) == 2

    again = Notes()
    assert store(tmp_path, watched).ensure([TOOL, SCRIPT, "script:7"], again) == made
    assert len(watched.made) == 1
    assert again.phases == []


def test_the_same_sources_give_the_same_image_in_another_place(tmp_path: Path) -> None:
    digests = {store(tmp_path / place).ensure([TOOL], Silent())[0].digest for place in ("one", "two")}
    assert len(digests) == 1


def test_an_origin_names_source_and_another_version(tmp_path: Path) -> None:
    images = store(tmp_path)
    assert images.origin(TOOL).text == "made from a test"
    assert images.origin("registry.example/made/tool:v2").text == "made from a test: version 1.2.3, not v2"
    assert images.origin(TOOL).source is Source.MADE
    assert not (tmp_path / "images").exists()


def test_what_cannot_be_had_is_left_out_and_says_why(tmp_path: Path) -> None:
    images = store(tmp_path)
    origin = images.origin(UNKNOWN)
    assert origin.source is Source.UNAVAILABLE
    assert origin.text == "registry.example cannot be reached, and there is no way to make it here"
    assert [image.reference for image in images.ensure([UNKNOWN, SCRIPT], Silent())] == [SCRIPT]


def test_what_was_made_here_is_found_by_its_own_digest_and_by_no_other(tmp_path: Path) -> None:
    images = store(tmp_path)
    (made,) = images.ensure([TOOL], Silent())
    assert images.origin(f"{TOOL}@{made.digest}").source is Source.MADE
    assert images.origin(f"{TOOL}@sha256:{'0' * 64}").source is Source.UNAVAILABLE
    assert images.origin(f"{SCRIPT}@{made.digest}").source is Source.UNAVAILABLE
    (pinned,) = images.ensure([f"{TOOL}@{made.digest}"], Silent())
    assert pinned.digest == made.digest


def test_a_digest_that_nobody_has_made_can_only_be_pulled(tmp_path: Path) -> None:
    (made,) = store(tmp_path / "other").ensure([TOOL], Silent())
    assert store(tmp_path).ensure([f"{TOOL}@{made.digest}"], Silent()) == []


def test_a_tool_that_was_built_again_makes_its_layer_anew(tmp_path: Path) -> None:
    images = store(tmp_path)
    before = images.ensure([TOOL], Silent())
    (tmp_path / "bin" / "tool").write_bytes(b"another build")
    assert images.ensure([TOOL], Silent()) != before


def test_an_interrupted_build_leaves_nothing_half(tmp_path: Path) -> None:
    watched = Watched(fails=[KeyboardInterrupt()])
    with pytest.raises(KeyboardInterrupt):
        store(tmp_path, watched).ensure([SCRIPT], Silent())
    assert blobs(tmp_path) == []
    assert not watched.made[0].exists()
    assert len(store(tmp_path, watched).ensure([SCRIPT], Silent())) == 1


def test_what_a_killed_build_left_is_cleared_away(tmp_path: Path) -> None:
    left = tmp_path / "images" / "work" / "lowest" / "half"
    left.mkdir(parents=True)
    assert store(tmp_path).ensure([SCRIPT], Silent())
    assert not left.exists()


def test_two_builders_at_once_make_a_layer_once(tmp_path: Path) -> None:
    watched = Watched()
    answers: list[str] = []

    def build(images: ImageStore) -> None:
        answers.extend(image.digest for image in images.ensure([TOOL], Silent()))

    threads = [threading.Thread(target=build, args=[store(tmp_path, watched)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 4
    assert len(set(answers)) == 1
    assert len(watched.made) == 1


@pytest.mark.parametrize("damage", [Path.unlink, lambda path: path.write_bytes(b"short")])
def test_a_lost_or_cut_blob_is_made_again(tmp_path: Path, damage: object) -> None:
    watched = Watched()
    images = store(tmp_path, watched)
    before = images.ensure([SCRIPT], Silent())
    damage(blobs(tmp_path)[0])  # type: ignore[operator]
    assert images.ensure([SCRIPT], Silent()) == before
    assert len(watched.made) == 2


def test_an_unreadable_record_counts_as_none(tmp_path: Path) -> None:
    images = store(tmp_path)
    before = images.ensure([SCRIPT], Silent())
    for record in (tmp_path / "images" / "records").iterdir():
        record.write_text('{"blob": {"digest": 1}}')
    assert images.ensure([SCRIPT], Silent()) == before


def test_a_directory_that_cannot_be_used_is_named_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "images").write_text("a file in the way")
    with pytest.raises(
        RehearsalError, match=r"images cannot be kept in .*/images: Not a directory; .*MLPLATFORM_CACHE"
    ):
        store(tmp_path).ensure([SCRIPT], Silent())


def test_the_tools_that_images_need_are_known_without_making_them() -> None:
    assert needed_tools([TOOL, SCRIPT, UNKNOWN], recipes()) == {"tool"}


class Containerd:
    """Stands in for `ctr`: keeps the archive that it is fed, and lists what was imported."""

    def __init__(self, directory: Path) -> None:
        self.archive = directory / "archive.tar"
        self.listed = directory / "listed"
        self.listed.write_text("")
        script = directory / "ctr"
        script.write_text(
            "#!/bin/sh\n"
            f'case "$4" in ls) echo REF TYPE DIGEST; cat {self.listed} ;; import) cat >{self.archive} ;; esac\n'
        )
        script.chmod(0o755)
        self.command = [str(script)]

    def index(self) -> list[dict[str, object]]:
        with tarfile.open(self.archive) as archive:
            index = archive.extractfile("index.json")
            assert index
            return list(json.load(index)["manifests"])


def test_an_import_sends_only_what_containerd_lacks(tmp_path: Path) -> None:
    containerd = Containerd(tmp_path)
    images = store(tmp_path)
    assert images.import_into(containerd.command, [TOOL, SCRIPT, UNKNOWN], Silent()) == [TOOL, SCRIPT]
    sent = containerd.index()
    names = [manifest["annotations"]["io.containerd.image.name"] for manifest in sent]  # type: ignore[index]
    assert names == [TOOL, SCRIPT]

    containerd.listed.write_text(f"{TOOL} type {sent[0]['digest']}\n{SCRIPT} type sha256:another\n")
    assert images.import_into(containerd.command, [TOOL, SCRIPT], Silent()) == [SCRIPT]
    assert len(containerd.index()) == 1


def test_a_blob_that_rotted_is_made_again_before_it_reaches_containerd(tmp_path: Path) -> None:
    containerd = Containerd(tmp_path)
    watched = Watched()
    images = store(tmp_path, watched)
    images.ensure([SCRIPT], Silent())
    rotten = blobs(tmp_path)[0]
    good = rotten.read_bytes()
    rotten.write_bytes(bytes(len(good)))
    assert images.import_into(containerd.command, [SCRIPT], Silent()) == [SCRIPT]
    assert rotten.read_bytes() == good
    assert len(watched.made) == 2


def test_what_containerd_says_is_in_the_error(tmp_path: Path) -> None:
    script = tmp_path / "ctr"
    script.write_text('#!/bin/sh\ncase "$4" in import) echo no space left >&2; exit 1 ;; esac\n')
    script.chmod(0o755)
    with pytest.raises(RehearsalError, match="containerd does not take the images: no space left"):
        store(tmp_path).import_into([str(script)], [SCRIPT], Silent())


def test_an_archive_holds_every_blob_that_its_index_leads_to_once(tmp_path: Path) -> None:
    images = store(tmp_path)
    images.ensure([TOOL, SCRIPT], Silent())
    containerd = Containerd(tmp_path)
    images.import_into(containerd.command, [TOOL, SCRIPT], Silent())
    with tarfile.open(containerd.archive) as archive:
        names = archive.getnames()
        assert len(names) == len(set(names))
        for manifest in containerd.index():
            path = f"blobs/sha256/{str(manifest['digest']).removeprefix('sha256:')}"
            document = json.load(archive.extractfile(path) or io.BytesIO())
            for part in (document["config"], *document["layers"]):
                member = archive.getmember(f"blobs/sha256/{part['digest'].removeprefix('sha256:')}")
                assert member.size == part["size"]


def test_an_image_is_for_this_machine_and_has_its_configuration() -> None:
    image: Image = oci.assemble("name:1", [], {"User": "1000:1000"})
    config = json.loads(image.content[image.blobs[0].digest])
    assert config["architecture"] == oci.architecture()
    assert config["config"] == {"User": "1000:1000"}
