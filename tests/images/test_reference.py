"""References: what is written in a pod means the same image here as to a container runtime."""

from __future__ import annotations

import pytest

from rehearsal.images.reference import Reference

DIGEST = "sha256:" + "ab" * 32


@pytest.mark.parametrize(
    ("text", "full"),
    [
        ("postgres:18", "docker.io/library/postgres:18"),
        ("valkey/valkey:9.1.2", "docker.io/valkey/valkey:9.1.2"),
        ("docker.io/postgres:18", "docker.io/library/postgres:18"),
        ("registry.k8s.io/pause:3.10", "registry.k8s.io/pause:3.10"),
        ("localhost/own:1", "localhost/own:1"),
        ("127.0.0.1:5000/a/b:v1.0_x-y", "127.0.0.1:5000/a/b:v1.0_x-y"),
        (f"quay.io/x/y@{DIGEST}", f"quay.io/x/y@{DIGEST}"),
        (f"quay.io/x/y:v1@{DIGEST}", f"quay.io/x/y@{DIGEST}"),
    ],
)
def test_short_names_are_written_out_and_a_digest_stands_above_a_tag(text: str, full: str) -> None:
    assert str(Reference.parse(text)) == full


@pytest.mark.parametrize("text", ["", "UPPER:1", "a b:1", "x:1@sha256:short"])
def test_what_is_no_reference_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no image reference"):
        Reference.parse(text)


@pytest.mark.parametrize("text", ["postgres", "127.0.0.1:5000/a/b"])
def test_a_name_without_a_version_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="neither a tag nor a digest"):
        Reference.parse(text)
