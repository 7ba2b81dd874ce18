"""A cluster that was there before is asked for what a stack needs of it, and what is missing is told in a line each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pytest

from cli import prerequisites
from cli.prerequisites import Cluster, MissingError, lacks
from components.specs.capacity import Pool

if TYPE_CHECKING:
    from pathlib import Path

POOL = Pool(name="h100", accelerator="NVIDIA-H100", gpus_per_node=8, nodes=2, cpus_per_node=96, memory_gib_per_node=900)


class Answering:
    """A cluster with so many nodes of the pool."""

    def __init__(self, minor: str = "35+", *, cert_manager: bool = True, nodes: int = 2) -> None:
        node = {"metadata": {"labels": {"mlplatform.dev/pool": "h100"}}}
        other: dict[str, Any] = {"metadata": {"labels": {}}}
        self.answers: dict[str, Any] = {
            "/version": {"major": "1", "minor": minor},
            "/api/v1/nodes?limit=5000": {"items": [node] * nodes + [other]},
            **({"/apis/cert-manager.io/v1": {}} if cert_manager else {}),
        }

    def get(self, path: str) -> Any:
        if path not in self.answers:
            raise MissingError("the server could not find the requested resource")
        return self.answers[path]


def missing(cluster: Answering) -> list[str]:
    return list(lacks(cast("Cluster", cluster), [POOL]))


def test_a_cluster_with_everything_lacks_nothing() -> None:
    assert missing(Answering()) == []


def test_everything_that_is_missing_is_told_at_once() -> None:
    assert missing(Answering("33", cert_manager=False, nodes=1)) == [
        "Kubernetes: is not supported, got 1.33; it must be 1.34 to 1.36",
        "cert-manager: its API cert-manager.io/v1 is not served, "
        "got the server could not find the requested resource; "
        "install cert-manager (https://cert-manager.io/docs/installation/)",
        "pool h100: has fewer nodes than its 2, got 1; "
        "label nodes mlplatform.dev/pool=h100, or name fewer in the stack file",
    ]


def test_a_cluster_that_does_not_answer_says_what_kubectl_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kubectl = tmp_path / "kubectl"
    kubectl.write_text('#!/bin/sh\necho first >&2\necho "refused: $*" >&2\nexit 1\n')
    kubectl.chmod(0o755)
    monkeypatch.setattr(prerequisites, "_kubectl", lambda: str(kubectl))
    with pytest.raises(MissingError) as told:
        Cluster("file", "admin").get("/version")
    assert str(told.value) == ("refused: --kubeconfig=file --context=admin --request-timeout=30s get --raw /version")
