"""From no machine at all: a gang is admitted, Karpenter buys its nodes, it runs, and they go when it is done."""

from __future__ import annotations

import os
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, cast

import pytest

from benchmarks import kueue
from components.capacity import GPU_TAINT, Capacity, Pool, Team
from components.cluster import _node_pools
from components.specs.capacity import AwsMachines
from components.specs.training_cluster import TrainingClusterSpec
from rehearsal.cloud import karpenter
from rehearsal.cloud.karpenter.machines import machine_types
from rehearsal.cloud.karpenter.mirroring import mirror
from rehearsal.kube import Kube, KubeError
from rehearsal.own_control_plane import own_control_plane
from rehearsal.progress import Silent
from rehearsal.toolchain import Toolchain
from tests.rehearsal.jobs import job
from tests.world.watching import until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rehearsal.aws.account import Account
    from rehearsal.session import Session

pytestmark = [pytest.mark.rehearsal, pytest.mark.training]

MACHINES: Final = AwsMachines(instance_types=("p5.48xlarge",))
POOL: Final = Pool(
    name="h100",
    accelerator="NVIDIA-H100-80GB-HBM3",
    nodes=2,
    gpus_per_node=8,
    cpus_per_node=180,
    memory_gib_per_node=1900,
    aws=MACHINES,
)
TEAM: Final = Team(name="vision", owner="ada.lovelace", cost_centre="cc-1815", gpus={"h100": 16})
CAPACITY: Final = Capacity((POOL,), (TEAM,))
IDLE: Final = "3s"
"""The pool's own ten minutes would be the test's."""
JOBS: Final = f"/apis/batch/v1/namespaces/{TEAM.namespace}/jobs"
NODE_CLASS: Final = {
    "apiVersion": "karpenter.kwok.sh/v1alpha1",
    "kind": "KWOKNodeClass",
    "metadata": {"name": karpenter.NODE_CLASS},
    "spec": {},
}
CLAIMS: Final = "/apis/karpenter.sh/v1/nodeclaims"
OF_THE_POOL: Final = "mlplatform.dev/pool=h100"


class Ec2:
    """What AWS says of the machine, as far as Karpenter's list is made of it."""

    def call(self, _service: str, operation: str, _arguments: object) -> dict[str, Any]:
        """The answer of one operation."""
        if operation == "describe_instance_type_offerings":
            return {"InstanceTypeOfferings": [{"InstanceType": "p5.48xlarge", "Location": "eu-north-1a"}]}
        machine = {
            "InstanceType": "p5.48xlarge",
            "VCpuInfo": {"DefaultVCpus": 192},
            "MemoryInfo": {"SizeInMiB": 2 * 2**20},
            "GpuInfo": {"Gpus": [{"Count": 8}]},
            "NetworkInfo": {},
            "ProcessorInfo": {"SupportedArchitectures": ["x86_64"]},
        }
        return {"InstanceTypes": [machine]}


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    """A control plane without nodes, and beside it Kueue and Karpenter."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("MLPLATFORM_STATE", str(tmp_path_factory.mktemp("state")))
        with (
            own_control_plane("autoscale-test") as started,
            kueue.running(started.kubeconfig, TrainingClusterSpec(), CAPACITY, tmp_path_factory.mktemp("kueue")),
        ):
            yield started


@pytest.fixture(scope="module")
def kube(session: Session, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kube]:
    """A client of it; queue and pool are there, and Karpenter buys."""
    tools = Toolchain.default().ensure(["karpenter", "helm"], Silent())
    with Kube(session.kubeconfig) as client:
        kueue.furnish(client, CAPACITY, borrowing=True)
        kueue.serve(client, tools.binary("helm"), tools.asset("karpenter/charts/karpenter-crd"))
        for manifest in karpenter.manifests():
            client.apply(manifest)
        until(lambda: is_served(client), "Karpenter's node class")
        for manifest in (NODE_CLASS, node_pool()):
            client.apply(manifest)
        with buying(session.kubeconfig, tools.binary("karpenter"), tmp_path_factory.mktemp("karpenter")):
            yield client


@contextmanager
def buying(kubeconfig: Path, binary: Path, directory: Path) -> Iterator[None]:
    """Karpenter as a process, with the machines that it may buy; its log is in the directory."""
    machines = directory / "machines.json"
    machines.write_text(machine_types(cast("Account", Ec2()), MACHINES.instance_types))
    command = [str(binary), "--disable-leader-election", "--metrics-port=18090", "--health-probe-port=18091"]
    environment = {
        **os.environ,
        "KUBECONFIG": str(kubeconfig),
        "SYSTEM_NAMESPACE": "kube-system",
        "INSTANCE_TYPES_FILE_PATH": str(machines),
    }
    with (
        (directory / "karpenter.log").open("wb") as log,
        subprocess.Popen(command, env=environment, stdout=log, stderr=log) as process,
    ):
        try:
            yield
        finally:
            process.terminate()


def is_served(kube: Kube) -> bool:
    """Whether there can be node classes."""
    try:
        kube.list("/apis/karpenter.kwok.sh/v1alpha1/kwoknodeclasses")
    except KubeError:
        return False
    return True


def node_pool() -> dict[str, Any]:
    """The pool's NodePool as a rehearsal mirrors it; it waits less long."""
    mirrored = mirror(_node_pools.gpu_pool(POOL, MACHINES))
    mirrored["spec"]["disruption"] = {**mirrored["spec"]["disruption"], "consolidateAfter": IDLE}
    return mirrored


def test_a_gang_gets_its_machines_and_they_go_when_it_is_done(kube: Kube) -> None:
    gang = job("gang", team=TEAM.name, pods=2)
    kube.create(JOBS, kueue.suspended(gang))
    with kube.watch(JOBS, timeout=60) as events:
        assert any(event.object["status"].get("ready") == 2 for event in events)
    claims = kube.list(CLAIMS)
    bought = {each["status"]["nodeName"] for each in claims}
    assert len(bought) == 2
    assert {each["metadata"]["labels"]["node.kubernetes.io/instance-type"] for each in claims} == {"p5.48xlarge"}
    pods = kube.list(f"/api/v1/namespaces/{TEAM.namespace}/pods", label_selector="job-name=gang")
    assert {each["spec"]["nodeName"] for each in pods} == bought
    kube.delete(f"{JOBS}/gang")
    until(lambda: not kube.list("/api/v1/nodes", label_selector=OF_THE_POOL), "the end of idle nodes", seconds=120)
    until(lambda: not kube.list(CLAIMS), "the end of their claims")


def test_no_more_machines_are_bought_than_the_pool_has(kube: Kube) -> None:
    for name in ("first", "second"):
        bare = job(name, team=TEAM.name, pods=2)
        # Past the queue, which would not let the second one in: the pool's limit is another fence.
        del bare["metadata"]["labels"]["kueue.x-k8s.io/queue-name"]
        bare["spec"]["template"]["spec"] |= {
            "nodeSelector": {"mlplatform.dev/pool": "h100"},
            "tolerations": [{**GPU_TAINT, "operator": "Equal"}],
        }
        bare["metadata"]["namespace"] = "default"
        kube.create("/apis/batch/v1/namespaces/default/jobs", bare)
    with kube.watch("/api/v1/namespaces/default/events", timeout=60) as events:
        refused = any("exceed limits" in event.object.get("message", "") for event in events)
    assert refused
    assert len(kube.list(CLAIMS)) == 2
