"""Examples of rules: the words to write them with, and the resources that they stand for."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, cast

from policies.language import ABSENT, steps
from policies.parameters import DEFAULT, Exemption
from policies.resource import Resource, from_manifest
from policies.rule import Example
from policies.rules._bases import BASES, WORKLOAD_BASES, container, pod, predictor
from policies.rules._cloud_bases import CLOUD_BASES
from policies.rules._workloads import SERVICE, WORKLOADS, annotations_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

_ALL_LISTS: Final = ("initContainers", "containers", "ephemeralContainers")

PARAMETERS: Final = replace(
    DEFAULT,
    platform_namespaces=("kueue-system", "monitoring", "ingress"),
    baseline_namespaces=("ingress",),
    privileged_namespaces=("monitoring",),
    governed_risk_classes=("limited", "high"),
    evaluation_age_days=365,
    canary_percent=20,
    high_availability=True,
    deletion_protection=True,
    allowed_regions=("eu-central-1", "eu-west-1"),
    kubernetes_supported_until={"1.34": "2026-11-22T09:00:00Z", "1.35": "2027-03-27T00:00:00Z"},
    log_retention_days=365,
    evidence_lock_days=184,
    backup_retention_days=7,
    key_deletion_days=30,
    exemptions=(Exemption("K8S-03", "monitoring", "DaemonSet", "gpu-exporter", "reads the GPUs of its machine"),),
    judged_at="2026-11-22T09:00:00Z",
)
"""The parameters that the examples are judged by; a stack's own may change without changing what a rule means."""

_NAMES: Final = {from_manifest(manifest).type: name for name, manifest in WORKLOAD_BASES.items()}


def variants(of: str, *changes: tuple[str, object]) -> tuple[Example, ...]:
    """One example for each change of a base: a path and another value."""
    return tuple(Example(of, {path: value}) for path, value in changes)


def every_workload(*, kinds: Collection[str] = WORKLOADS, also: Mapping[str, Any] | None = None) -> tuple[Example, ...]:
    """One example for each kind of workload, as it stands but for what ``also`` changes."""
    return tuple(Example(_NAMES[kind], also or {}) for kind in kinds)


def in_every_pod(
    path: str, value: object, *, kinds: Collection[str] = WORKLOADS, also: Mapping[str, Any] | None = None
) -> tuple[Example, ...]:
    """One example for each place where a kind keeps a pod spec: the value at that path of it."""
    return tuple(
        Example(_NAMES[kind], {**(also or {}), **there, f"{spec}.{path}": value})
        for kind in kinds
        for spec, there in _pods(kind)
    )


def in_every_container(
    path: str,
    value: object,
    *,
    kinds: Collection[str] = WORKLOADS,
    lists: Collection[str] = _ALL_LISTS,
    also: Mapping[str, Any] | None = None,
) -> tuple[Example, ...]:
    """One example for each place where a kind keeps a pod spec, and each list of containers that a pod has."""
    alone = (
        Example("pod", {**(also or {}), f"spec.{each}": [container("one")], f"spec.{each}[0].{path}": value})
        for each in lists
        if "core/Pod" in kinds
    )
    return (*in_every_pod(f"containers[0].{path}", value, kinds=kinds, also=also), *alone)


def in_every_overlay(
    path: str, value: object, *, kinds: Collection[str] = WORKLOADS, also: Mapping[str, Any] | None = None
) -> tuple[Example, ...]:
    """One example for each place where a kind lays a container over another: the value at that path of it."""
    return tuple(
        Example(_NAMES[kind], {**(also or {}), **there, f"{overlay}.{path}": value})
        for kind in kinds
        for overlay, there in _overlays(kind)
    )


def every_annotation() -> tuple[tuple[str, str], ...]:
    """Each place where a kind keeps annotations of its pods: the kind's base, and the path."""
    return tuple((_NAMES[kind], _nth(path, 0)) for kind in WORKLOADS for path in annotations_of(kind))


def manifests(example: Example) -> list[dict[str, Any]]:
    """The manifests of an example's stack; the first one is the one that it is about."""
    return [_changed(each.of, each.but) for each in _all(example)]


def resources(example: Example) -> tuple[Resource, ...]:
    """The resources of an example's stack, those of clouds too; the first one is the one that it is about."""
    examples = _all(example)
    urns: dict[str, str] = {}
    for number, each in enumerate(examples):
        urns.setdefault(each.of, _urn(number))
    return tuple(_resource(each, _urn(number), urns) for number, each in enumerate(examples))


def _all(example: Example) -> tuple[Example, ...]:
    return (example, *(one for other in example.beside for one in _all(other)))


def _urn(number: int) -> str:
    return f"urn:pulumi:examples::mlplatform::example::{number}"


def _resource(example: Example, urn: str, urns: Mapping[str, str]) -> Resource:
    properties = _changed(example.of, example.but)
    sources = {key: tuple(urns[base] for base in bases) for key, bases in example.sources.items()}
    if example.of in CLOUD_BASES:
        cloud_type, _ = CLOUD_BASES[example.of]
        return Resource(cloud_type, properties, example.of, urn, sources, example.options)
    return replace(from_manifest(properties), urn=urn, sources=sources, options=example.options)


def before(example: Example) -> dict[str, Any] | None:
    """The manifest of the judged object as it was before the change, where the example says so."""
    return None if example.before is None else _changed(example.of, example.before)


def _pods(kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Where the kind keeps its pod specs, and what puts one there (in a list: two) if its base has none."""
    for spec in WORKLOADS[kind].pods:
        yield _nth(spec, 0), {}
    for spec in WORKLOADS[kind].optional_pods:
        around, served, _ = spec.rpartition(".workerSpec")
        there = {_nth(around, number): predictor() for number in (0, 1)} if served and kind == SERVICE else {}
        yield _nth(spec, 0), {**there, **{_nth(spec, number): pod() for number in (0, 1)}}


def _overlays(kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Where the kind lays containers over others, and what puts one there (in a list: two) if its base has none."""
    for overlay in WORKLOADS[kind].overlays:
        around = overlay.removesuffix(".model")
        there: dict[str, Any] = predictor() if around != overlay else {"name": "main"}
        yield _nth(overlay, 0), {_nth(around, number): there for number in (0, 1)} if "[*]" in overlay else {}


def _nth(path: str, number: int) -> str:
    return path.replace("[*]", f"[{number}]")


def _changed(base: str, changes: Mapping[str, Any]) -> dict[str, Any]:
    _, original = CLOUD_BASES.get(base) or ("", BASES[base])
    manifest = cast("dict[str, Any]", _copied(original))
    for path, value in changes.items():
        _put(manifest, path, value)
    return manifest


def _put(manifest: dict[str, Any], path: str, value: object) -> None:
    """Set the value at a path, making objects and lists on the way; ABSENT removes it."""
    *way, last = steps(path)
    at: Any = manifest
    for step, following in zip(way, [*way[1:], last], strict=False):
        missing: Any = [] if isinstance(following, int) else {}
        if isinstance(at, dict):
            at.setdefault(step, missing)
        elif step == len(at):
            at.append(missing)
        at = at[step]
    if value is ABSENT and isinstance(at, dict):
        at.pop(last, None)
    elif value is ABSENT:
        del at[last]
    elif isinstance(at, list) and last == len(at):
        at.append(_copied(value))
    else:
        at[last] = _copied(value)


def _copied(value: object) -> object:
    """A copy that shares no object with the original, nor within itself: bases are made of the same few parts."""
    if isinstance(value, dict):
        return {key: _copied(each) for key, each in value.items()}
    return [_copied(each) for each in value] if isinstance(value, list) else value
