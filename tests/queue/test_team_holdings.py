"""What would be gone with a team is said before it goes, and volumes are no small matter."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.incluster.api_server import ApiServer

pytestmark = pytest.mark.training

MLPLATFORM = Path(sys.executable).with_name("mlplatform")
LASTING = ["list", "get", "delete"]
KINDS: dict[str, list[dict[str, Any]]] = {
    "/api/v1": [
        {"kind": "ConfigMap", "name": "configmaps", "namespaced": True, "verbs": LASTING},
        {"kind": "Endpoints", "name": "endpoints", "namespaced": True, "verbs": LASTING},
        {"kind": "Event", "name": "events", "namespaced": True, "verbs": LASTING},
        {"kind": "Node", "name": "nodes", "namespaced": False, "verbs": LASTING},
        {"kind": "PersistentVolumeClaim", "name": "persistentvolumeclaims", "namespaced": True, "verbs": LASTING},
        {"kind": "Pod", "name": "pods", "namespaced": True, "verbs": LASTING},
    ],
    "/apis/batch/v1": [{"kind": "Job", "name": "jobs", "namespaced": True, "verbs": LASTING}],
}
JOB = {"apiVersion": "batch/v1", "kind": "Job", "name": "evaluate", "uid": "1"}


def item(name: str, **metadata: Any) -> dict[str, Any]:
    return {"metadata": {"name": name, **metadata}}


@pytest.fixture
def cluster(api: ApiServer) -> ApiServer:
    """Team search with a Job, what follows from it, and what stack and cluster put into the namespace."""
    api.serve("/api/v1/namespaces", item("team-search"))
    api.texts["/apis"] = json.dumps({"groups": [{"preferredVersion": {"groupVersion": "batch/v1"}}]})
    for root, resources in KINDS.items():
        api.texts[root] = json.dumps({"resources": resources})
        for resource in resources:
            if resource["namespaced"]:
                api.serve(f"{root}/namespaces/team-search/{resource['name']}")
    inside = "/api/v1/namespaces/team-search"
    api.serve("/apis/batch/v1/namespaces/team-search/jobs", item("evaluate"))
    api.serve(f"{inside}/pods", item("evaluate-0", ownerReferences=[JOB]))
    of_the_stack = item("settings", managedFields=[{"manager": "pulumi-kubernetes-1b2c"}])
    api.serve(f"{inside}/configmaps", item("kube-root-ca.crt"), of_the_stack)
    api.serve(f"{inside}/endpoints", item("some-service"))
    api.serve(f"{inside}/events", item("evaluate.17"))
    return api


def holdings(api: ApiServer, *arguments: str) -> subprocess.CompletedProcess[str]:
    argv = [str(MLPLATFORM), "team", "holdings", f"--kubeconfig={api.kubeconfig}", *arguments]
    return subprocess.run(argv, capture_output=True, text=True, check=False, timeout=60)


def test_what_the_team_made_is_named_and_nothing_that_follows_from_it_or_was_there(cluster: ApiServer) -> None:
    done = holdings(cluster, "search")
    assert done.returncode == 0, done.stderr
    first, last = done.stdout.splitlines()
    assert first.split("\t") == ["Job", "evaluate"]
    assert last == "1 object of team search goes with its namespace; teams/search/ in the bucket stays"


def test_volumes_are_named_with_their_size_and_are_an_exit_code_of_their_own(cluster: ApiServer) -> None:
    claim = item("datasets") | {"spec": {"resources": {"requests": {"storage": "100Gi"}}}}
    cluster.serve("/api/v1/namespaces/team-search/persistentvolumeclaims", claim)
    done = holdings(cluster, "search", "--json")
    assert done.returncode == 2
    assert json.loads(done.stdout) == [
        {"kind": "Job", "name": "evaluate", "about": ""},
        {"kind": "PersistentVolumeClaim", "name": "datasets", "about": "100Gi"},
    ]


def test_a_team_that_is_not_there_is_a_mistake_in_one_line(cluster: ApiServer) -> None:
    done = holdings(cluster, "research")
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert "research: no team of this name is on https://127.0.0.1" in line
