"""Each NodePool of the platform once more, as Karpenter's KWOK build takes it; what it says of that, written back.

On AWS the controller holds a node class until the last machine of it is gone, by a finalizer; so does this.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

from rehearsal.cloud.karpenter import MACHINES, NAMESPACE, NODE_CLASS
from rehearsal.cluster.simulated_nodes import SIMULATED
from rehearsal.kube import Collection, KubeError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from rehearsal.kube import Json

POOLS: Final = Collection("/apis/karpenter.sh/v1/nodepools")
CLAIMS: Final = Collection("/apis/karpenter.sh/v1/nodeclaims", metadata_only=True)
CLASSES: Final = Collection("/apis/karpenter.k8s.aws/v1/ec2nodeclasses")
NAMESPACES: Final = Collection("/api/v1/namespaces", field_selector=f"metadata.name={NAMESPACE}", metadata_only=True)

_SUFFIX: Final = ".rehearsed"
"""Of a mirrored pool's name; behind a dot, which no pool of a stack file can have in its name."""
_POOL_LABEL: Final = "karpenter.sh/nodepool"
_OF_AWS: Final = "karpenter.k8s.aws"
_FINALIZER: Final = f"{_OF_AWS}/termination"
_READY: Final = {
    "type": "Ready",
    "status": "True",
    "reason": "Rehearsed",
    "message": "Karpenter's build for AWS does not run here",
    "lastTransitionTime": "2024-01-01T00:00:00Z",
}
_KWOK_CLASS: Final = {
    "apiVersion": "karpenter.kwok.sh/v1alpha1",
    "kind": "KWOKNodeClass",
    "metadata": {"name": NODE_CLASS},
    "spec": {},
}


class Api(Protocol):
    """What is done at the API server."""

    def apply(self, manifest: Json, *, subresource: str = "") -> Json: ...

    def delete(self, path: str) -> None: ...


@dataclass(frozen=True)
class Seen:
    """What there is."""

    pools: Sequence[Json]
    classes: Sequence[Json]
    claims: Sequence[Json]
    namespaces: Sequence[Json]


@dataclass(frozen=True)
class Reconciler:
    """Makes the mirrored pools be what the platform's are; ``machines`` is the text of Karpenter's file."""

    kube: Api
    machines: str

    def reconcile(self, seen: Seen) -> list[str]:
        """Do what is lacking; returns what the API server refused, and what is to be tried again."""
        refused: list[str] = []
        for manifest, subresource in self._wanted(seen):
            try:
                self.kube.apply(manifest, subresource=subresource)
            except KubeError as error:
                refused.append(f"{manifest['kind']} {manifest['metadata']['name']}: {error.message}")
        for name in _superfluous(seen.pools):
            try:
                self.kube.delete(f"{POOLS.path}/{name}")
            except KubeError as error:
                refused.append(f"NodePool {name}: {error.message}")
        return refused

    def _wanted(self, seen: Seen) -> Iterator[tuple[Json, str]]:
        """What is to be applied, each with its subresource."""
        if any(not _ends(each) for each in seen.namespaces):
            yield self._file(), ""
        own = [each for each in seen.pools if _is_of_aws(each)]
        mirrored = {each["metadata"]["name"]: each for each in seen.pools if not _is_of_aws(each)}
        if own:
            yield _KWOK_CLASS, ""
        for pool in own:
            if _ends(pool):
                continue
            twin = mirrored.get(_twin_name(pool))
            wanted = mirror(pool)
            if twin is None or twin["spec"] != wanted["spec"]:
                yield wanted, ""
            if twin and (status := twin.get("status")) and status != pool.get("status"):
                yield {**_identity(pool), "status": status}, "status"
        for each in seen.classes:
            yield from _class_states(each, _used_classes(own, mirrored, seen.claims))

    def _file(self) -> Json:
        metadata = {"name": MACHINES, "namespace": NAMESPACE}
        return {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": metadata,
            "data": {"machines.json": self.machines},
        }


def mirror(pool: Json) -> Json:
    """The pool as Karpenter's KWOK build takes it: of its class, without what only EC2 can answer."""
    spec = pool["spec"]
    template = spec["template"]
    inner = template["spec"]
    labels = {**template.get("metadata", {}).get("labels", {}), SIMULATED: "true"}
    requirements = [each for each in inner["requirements"] if not each["key"].startswith(f"{_OF_AWS}/")]
    taints = inner.get("taints", [])
    if not taints:
        # Pods without GPUs run for real: no simulated node may look to them as if it had come for them.
        taints = [{"key": SIMULATED, "value": "true", "effect": "NoSchedule"}]
    return {
        "apiVersion": pool["apiVersion"],
        "kind": pool["kind"],
        "metadata": {"name": _twin_name(pool)},
        "spec": {
            **spec,
            "template": {
                **template,
                "metadata": {**template.get("metadata", {}), "labels": labels},
                "spec": {
                    **inner,
                    "nodeClassRef": {"group": "karpenter.kwok.sh", "kind": "KWOKNodeClass", "name": NODE_CLASS},
                    "requirements": requirements,
                    "taints": taints,
                },
            },
        },
    }


def _class_states(found: Json, used: frozenset[str]) -> Iterator[tuple[Json, str]]:
    """A class is ready at once; it is held while a pool or a machine is of it."""
    held = _FINALIZER in found["metadata"].get("finalizers", [])
    if _ends(found):
        if held and found["metadata"]["name"] not in used:
            yield _identity(found), ""
        return
    if not held:
        identity = _identity(found)
        yield {**identity, "metadata": {**identity["metadata"], "finalizers": [_FINALIZER]}}, ""
    if not found.get("status", {}).get("conditions"):
        yield {**_identity(found), "status": {"conditions": [_READY]}}, "status"


def _used_classes(own: Iterable[Json], mirrored: Mapping[str, Json], claims: Iterable[Json]) -> frozenset[str]:
    """Names of classes of which there are pools, mirrored pools or machines."""
    of_machines = {each["metadata"].get("labels", {}).get(_POOL_LABEL, "") for each in claims}
    of_pools = {each["spec"]["template"]["spec"]["nodeClassRef"]["name"] for each in own}
    # A pool of the platform and its class have one name.
    return frozenset({name.removesuffix(_SUFFIX) for name in {*mirrored, *of_machines}} | of_pools)


def _superfluous(pools: Iterable[Json]) -> list[str]:
    """Names of mirrored pools whose original is gone or goes."""
    pools = list(pools)
    wanted = {_twin_name(each) for each in pools if _is_of_aws(each) and not _ends(each)}
    return [
        name
        for each in pools
        if (name := each["metadata"]["name"]).endswith(_SUFFIX) and name not in wanted and not _ends(each)
    ]


def _identity(found: Json) -> dict[str, Any]:
    return {
        "apiVersion": found["apiVersion"],
        "kind": found["kind"],
        "metadata": {"name": found["metadata"]["name"]},
    }


def _twin_name(pool: Json) -> str:
    return f"{pool['metadata']['name']}{_SUFFIX}"


def _is_of_aws(pool: Json) -> bool:
    return bool(pool["spec"]["template"]["spec"]["nodeClassRef"]["group"] == _OF_AWS)


def _ends(found: Json) -> bool:
    return "deletionTimestamp" in found["metadata"]
