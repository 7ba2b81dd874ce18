"""A cluster that was there before is asked for what a stack needs of it, and what is missing is told in a line each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pytest
import yaml

from cli.cluster_access import own_cluster
from cli.prerequisites import lacks, prerequisites
from components.specs.capacity import Pool
from rehearsal.kube import Kube, KubeError

if TYPE_CHECKING:
    from pathlib import Path

POOL = Pool(name="h100", accelerator="NVIDIA-H100", gpus_per_node=8, nodes=2, cpus_per_node=96, memory_gib_per_node=900)


class Answering:
    """A cluster with so many nodes of the pool."""

    def __init__(self, minor: str = "35+", *, cert_manager: bool = True, nodes: int = 2) -> None:
        node = {"metadata": {"labels": {"mlplatform.dev/pool": "h100"}}}
        other: dict[str, Any] = {"metadata": {"labels": {}}}
        self.nodes = [*([node] * nodes), other]
        self.answers: dict[str, Any] = {
            "/version": {"major": "1", "minor": minor},
            **({"/apis/cert-manager.io/v1": {}} if cert_manager else {}),
        }

    def get(self, path: str) -> Any:
        if path not in self.answers:
            raise KubeError(404, "Not Found", "404 page not found")
        return self.answers[path]

    def list(self, path: str) -> list[Any]:
        assert path == "/api/v1/nodes"
        return self.nodes


def missing(cluster: Answering) -> list[str]:
    return list(lacks(cast("Kube", cluster), [POOL]))


def test_a_cluster_with_everything_lacks_nothing() -> None:
    assert missing(Answering()) == []


def test_everything_that_is_missing_is_told_at_once() -> None:
    assert missing(Answering("33", cert_manager=False, nodes=1)) == [
        "Kubernetes: is not supported, got 1.33; it must be 1.34 to 1.36",
        "cert-manager: its API cert-manager.io/v1 is not served, "
        "got 404 page not found; "
        "install cert-manager (https://cert-manager.io/docs/installation/)",
        "pool h100: has fewer nodes than its 2, got 1; "
        "label nodes mlplatform.dev/pool=h100, or name fewer in the stack file",
    ]


@pytest.fixture
def kubeconfig(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Of a cluster that is gone, named by the environment as a user's shell does."""
    path = tmp_path / "kubeconfig"
    cluster = {"name": "c", "cluster": {"server": "https://127.0.0.1:1"}}
    user = {"name": "u", "user": {"token": "t"}}
    context = {"name": "admin", "context": {"cluster": "c", "user": "u"}}
    content = {"clusters": [cluster], "users": [user], "contexts": [context], "current-context": "admin"}
    path.write_text(yaml.safe_dump(content))
    monkeypatch.setenv("KUBECONFIG", str(path))
    return path


def test_a_cluster_that_does_not_answer_says_so(kubeconfig: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert kubeconfig.exists()
    with pytest.raises(SystemExit) as ended:
        prerequisites("onprem")
    assert ended.value.code == 1
    told = capsys.readouterr().err
    assert "cluster: does not answer, got https://127.0.0.1:1" in told.replace("\n", " ")
    assert "check mlplatform:cluster.kubeconfig and context" in told.replace("\n", " ")


def test_a_rehearsal_of_the_stack_is_not_asked(kubeconfig: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cli.cluster_access.Session.find", lambda _: pytest.fail("looked for a rehearsal"))
    assert own_cluster("onprem").access.server == "https://127.0.0.1:1"
    assert own_cluster("onprem").what == str(kubeconfig)
