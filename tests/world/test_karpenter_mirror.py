"""Karpenter's KWOK build gets the platform's pools as it can take them, and the platform hears of its nodes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

from rehearsal.cloud.karpenter.machines import machine_types
from rehearsal.cloud.karpenter.mirroring import Reconciler, Seen, mirror
from rehearsal.kube import KubeError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rehearsal.aws.account import Account

Json = dict[str, Any]
GPU_TAINT = {"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"}
FINALIZER = "karpenter.k8s.aws/termination"
GOING: Json = {"deletionTimestamp": "2026-11-23T00:00:00Z"}


def pool(name: str = "h100", taints: Sequence[Json] = (GPU_TAINT,), metadata: Json | None = None) -> Json:
    requirements = [
        {"key": "node.kubernetes.io/instance-type", "operator": "In", "values": ["p5.48xlarge"]},
        {"key": "karpenter.k8s.aws/capacity-reservation-type", "operator": "In", "values": ["default"]},
    ]
    inner = {
        "nodeClassRef": {"group": "karpenter.k8s.aws", "kind": "EC2NodeClass", "name": name},
        "requirements": requirements,
        **({"taints": list(taints)} if taints else {}),
    }
    spec = {
        "template": {"metadata": {"labels": {"mlplatform.dev/pool": name}}, "spec": inner},
        "limits": {"nvidia.com/gpu": "32"},
    }
    return {
        "apiVersion": "karpenter.sh/v1",
        "kind": "NodePool",
        "metadata": {"name": name, **(metadata or {})},
        "spec": spec,
    }


def machine_class(name: str = "h100", **metadata: Any) -> Json:
    return {
        "apiVersion": "karpenter.k8s.aws/v1",
        "kind": "EC2NodeClass",
        "metadata": {"name": name, **metadata},
        "spec": {"role": "node"},
    }


class Recorded:
    """An API server that takes everything."""

    def __init__(self) -> None:
        self.applied: list[tuple[Json, str]] = []
        self.deleted: list[str] = []

    def apply(self, manifest: Json, *, subresource: str = "") -> Json:
        self.applied.append((manifest, subresource))
        return manifest

    def delete(self, path: str) -> None:
        self.deleted.append(path)

    def of(self, kind: str) -> list[tuple[Json, str]]:
        return [each for each in self.applied if each[0]["kind"] == kind]


def reconciled(
    pools: Sequence[Json] = (), classes: Sequence[Json] = (), claims: Sequence[Json] = (), namespaces: int = 0
) -> Recorded:
    api = Recorded()
    seen = Seen(pools, classes, claims, [{"metadata": {"name": "karpenter"}}] * namespaces)
    assert Reconciler(api, "[]").reconcile(seen) == []
    return api


def test_a_mirrored_pool_is_of_karpenters_simulated_class_and_else_the_same() -> None:
    twin = mirror(pool())
    inner = twin["spec"]["template"]["spec"]
    assert inner["nodeClassRef"]["kind"] == "KWOKNodeClass"
    assert [each["key"] for each in inner["requirements"]] == ["node.kubernetes.io/instance-type"]
    assert inner["taints"] == [GPU_TAINT]
    assert twin["spec"]["limits"] == {"nvidia.com/gpu": "32"}
    labels = twin["spec"]["template"]["metadata"]["labels"]
    assert labels == {"mlplatform.dev/pool": "h100", "mlplatform.dev/simulated": "true"}


def test_no_simulated_node_draws_pods_that_run_for_real() -> None:
    (taint,) = mirror(pool("general.cpu", taints=()))["spec"]["template"]["spec"]["taints"]
    assert taint["key"] == "mlplatform.dev/simulated"


def test_the_platforms_pool_says_what_karpenter_says_of_its_mirrored_one() -> None:
    twin = mirror(pool())
    twin["status"] = {"resources": {"nvidia.com/gpu": "8"}}
    written = [manifest for manifest, subresource in reconciled([pool(), twin]).of("NodePool") if subresource]
    assert [(each["metadata"]["name"], each["status"]) for each in written] == [("h100", twin["status"])]
    assert "spec" not in written[0]


def test_a_mirrored_pool_goes_with_its_original() -> None:
    twin = mirror(pool())
    for left in ([twin], [twin, pool(metadata=GOING)]):
        api = reconciled(left)
        assert api.deleted == ["/apis/karpenter.sh/v1/nodepools/h100.rehearsed"]
        assert not api.of("NodePool")
    assert reconciled([twin, pool()]).deleted == []


def test_a_class_is_ready_and_is_held_until_the_last_machine_is_gone() -> None:
    states = {subresource: manifest for manifest, subresource in reconciled(classes=[machine_class()]).applied}
    assert states[""]["metadata"]["finalizers"] == [FINALIZER]
    assert states["status"]["status"]["conditions"][0]["status"] == "True"
    going = machine_class(finalizers=[FINALIZER], **GOING)
    claim = {"metadata": {"name": "x", "labels": {"karpenter.sh/nodepool": "h100.rehearsed"}}}
    assert reconciled(classes=[going], claims=[claim]).applied == []
    assert reconciled(classes=[going], pools=[mirror(pool())]).applied == []
    ((freed, _),) = reconciled(classes=[going]).applied
    assert "finalizers" not in freed["metadata"]


def test_karpenter_finds_its_machines_as_soon_as_it_has_a_namespace() -> None:
    assert not reconciled().applied
    (((file, _)),) = reconciled(namespaces=1).applied
    assert file["metadata"] == {"name": "rehearsal-machines", "namespace": "karpenter"}
    assert file["data"] == {"machines.json": "[]"}


def test_what_the_api_server_refuses_is_told_and_the_rest_is_done() -> None:
    class Refusing(Recorded):
        def apply(self, manifest: Json, *, subresource: str = "") -> Json:
            if manifest["kind"] == "NodePool":
                raise KubeError(422, "Invalid", "no such thing")
            return super().apply(manifest, subresource=subresource)

    api = Refusing()
    refused = Reconciler(api, "[]").reconcile(Seen([pool()], [machine_class()], [], []))
    assert refused == ["NodePool h100.rehearsed: no such thing"]
    assert len(api.of("EC2NodeClass")) == 2


class Ec2:
    """EC2 with one type of machine, in two zones."""

    def call(self, service: str, operation: str, parameters: Mapping[str, Any]) -> Json:
        assert service == "ec2"
        if operation == "describe_instance_type_offerings":
            assert parameters["Filters"] == [{"Name": "instance-type", "Values": ["p5.48xlarge"]}]
            places = [{"InstanceType": "p5.48xlarge", "Location": f"eu-north-1{zone}"} for zone in "ba"]
            return {"InstanceTypeOfferings": places}
        assert parameters == {"InstanceTypes": ["p5.48xlarge"]}
        described = {
            "InstanceType": "p5.48xlarge",
            "VCpuInfo": {"DefaultVCpus": 192},
            "MemoryInfo": {"SizeInMiB": 2097152},
            "GpuInfo": {"Gpus": [{"Count": 8}]},
            "NetworkInfo": {"EfaInfo": {"MaximumEfaInterfaces": 32}},
            "ProcessorInfo": {"SupportedArchitectures": ["x86_64"]},
        }
        return {"InstanceTypes": [described]}


def test_a_simulated_machine_is_as_large_as_aws_says_and_is_where_aws_has_it() -> None:
    (machine,) = json.loads(machine_types(cast("Account", Ec2()), ["p5.48xlarge"]))
    assert machine["resources"].items() >= {"cpu": "192", "nvidia.com/gpu": "8", "vpc.amazonaws.com/efa": "32"}.items()
    places = {tuple(requirement["values"][0] for requirement in each["Requirements"]) for each in machine["offerings"]}
    assert places == {(f"eu-north-1{zone}", kind) for zone in "ab" for kind in ("on-demand", "spot")}
