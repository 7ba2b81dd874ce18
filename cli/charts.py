"""What Helm charts put on a cluster, rendered offline by a ``helm`` of this machine and kept.

A rendering is kept by the digest of the chart and the values that it was made with: nothing that was rendered from
another chart, or with other values, is ever taken for it. Without ``helm``, or without the chart, what was kept
counts; a chart that was checked here before and cannot be rendered as it is now is a check that cannot be made.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import yaml

from policies.language import UNKNOWN
from policies.resource import from_manifest
from rehearsal.places import cache_directory

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cli.recorder import Registration
    from policies.resource import Resource

CHART: Final = "kubernetes:helm.sh/v4:Chart"
MANIFESTS: Final = "kubernetes:yaml/v2:ConfigGroup"
_HELM: Final = "MLPLATFORM_HELM"
_BUILD: Final = "mlplatform toolchain build helm"
_SECONDS: Final = 60
_KUBERNETES: Final = "1.36"
"""What a chart is told where it asks: a `helm` of its own accord names the version that it was made with."""
_OPTIONS: Final = ("--skip-crds", "--no-hooks", "--kube-version", _KUBERNETES)
"""Definitions come in a part of their own, and the engine runs no hook of Helm's."""
_UNKNOWN: Final = "mlplatform-value-that-is-not-known-yet"
"""What Helm is given for it: every text that holds it afterwards is unknown."""
_CLUSTER_WIDE: Final = frozenset(
    {
        "APIService",
        "ClusterRole",
        "ClusterRoleBinding",
        "ClusterServingRuntime",
        "ClusterTrainingRuntime",
        "CustomResourceDefinition",
        "FlowSchema",
        "MutatingWebhookConfiguration",
        "Namespace",
        "PriorityClass",
        "PriorityLevelConfiguration",
        "ValidatingWebhookConfiguration",
    }
)


class StaleError(Exception):
    """A chart that was checked before cannot be rendered as it is now."""


@dataclass(frozen=True)
class Rendered:
    """The objects of all charts of a stack, and what is to be said of charts without."""

    resources: tuple[Resource, ...]
    notes: tuple[str, ...]


class Charts:
    """Renders charts; ``directory`` is where renderings are kept."""

    def __init__(self, directory: Path | None = None) -> None:
        self._directory = directory or cache_directory() / "rendered-charts"

    def render(self, registrations: Iterable[Registration]) -> Rendered:
        """The objects of the charts and manifests among these; raises StaleError."""
        resources: list[Resource] = []
        missing: dict[str, list[str]] = {}
        for each in registrations:
            if each.type == MANIFESTS:
                resources.extend(_placed(_documents(each.properties), each, ""))
            elif each.type == CHART and not _definitions_only(each.properties):
                found = self._objects(each)
                if isinstance(found, str):
                    missing.setdefault(found, []).append(str(each.properties["name"]))
                else:
                    resources.extend(_placed(found, each, each.properties.get("namespace", "")))
        notes = tuple(f"charts {', '.join(sorted(names))}: {reason}" for reason, names in missing.items())
        return Rendered(tuple(resources), notes)

    def _objects(self, chart: Registration) -> list[dict[str, Any]] | str:
        """What the chart renders to; or why it is not rendered, where nobody has rendered it before."""
        properties = chart.properties
        place = self._directory / str(properties["name"])
        directory = self._find(properties)
        if directory is None:
            return self._never_rendered(place, chart, "the chart is not on this machine")
        key = _digest(directory, properties)
        kept = place / f"{key}.json"
        if not kept.exists():
            if self._helm is None:
                return self._never_rendered(place, chart, f"no helm on this machine ({_HELM}, PATH, `{_BUILD}`)")
            self._keep(kept, _rendered(self._helm, directory, properties))
        return [_unmarked(each) for each in json.loads(kept.read_text())]

    def _never_rendered(self, place: Path, chart: Registration, reason: str) -> str:
        if any(place.glob("*.json")):
            raise StaleError(
                f"chart {chart.properties['name']} was checked before and has changed since, but {reason}; "
                f"install helm and the chart, or remove {place} to check without it"
            )
        return reason

    def _keep(self, kept: Path, objects: list[dict[str, Any]]) -> None:
        kept.parent.mkdir(parents=True, exist_ok=True)
        fresh = kept.with_suffix(f".{os.getpid()}")
        fresh.write_text(json.dumps(objects))
        fresh.replace(kept)

    def _find(self, properties: Mapping[str, Any]) -> Path | None:
        """The unpacked chart: where the program found it, else among those of the rehearsal's tools."""
        address, version = str(properties["chart"]), properties.get("version")
        if version is None:
            return Path(address) if Path(address, "Chart.yaml").is_file() else None
        name = f"{address.partition('@')[0].rpartition('/')[2]}-{str(version).removeprefix('v')}"
        found = sorted((cache_directory() / "tools").glob(f"charts-*/{name}/Chart.yaml"))
        return found[-1].parent if found else None

    @cached_property
    def _helm(self) -> str | None:
        built = sorted((cache_directory() / "tools").glob("helm-*/bin/helm"))
        return os.environ.get(_HELM) or shutil.which("helm") or (str(built[-1]) if built else None)


def _definitions_only(properties: Mapping[str, Any]) -> bool:
    arguments = (properties.get("postRenderer") or {}).get("args", [])
    return "definitions" in arguments


def _digest(directory: Path, properties: Mapping[str, Any]) -> str:
    """Of the chart's files and of all that changes what it renders to."""
    digest = hashlib.sha256()
    for file in sorted(path for path in directory.resolve().rglob("*") if path.is_file()):
        digest.update(f"{file.relative_to(directory.resolve())}\0".encode())
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    asked = {key: properties.get(key) for key in ("name", "namespace", "values", "skipCrds")}
    digest.update(repr(_OPTIONS).encode())
    digest.update(json.dumps(asked, sort_keys=True, default=str).encode())
    return digest.hexdigest()


def _rendered(helm: str, directory: Path, properties: Mapping[str, Any]) -> list[dict[str, Any]]:
    namespace = properties.get("namespace")
    where = ["--namespace", namespace] if isinstance(namespace, str) else []
    command = [helm, "template", str(properties["name"]), str(directory), *where, "--values", "-", *_OPTIONS]
    done = subprocess.run(
        command,
        input=yaml.safe_dump(_marked(properties.get("values") or {})),
        capture_output=True,
        text=True,
        check=False,
        timeout=_SECONDS,
    )
    if done.returncode:
        raise StaleError(f"chart {properties['name']} cannot be rendered: {done.stderr.strip()}")
    return [each for each in _loaded(done.stdout) if each.get("kind") != "CustomResourceDefinition"]


def _marked(value: Any) -> Any:  # noqa: ANN401 - any value of a manifest
    if isinstance(value, Mapping):
        return {key: _marked(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_marked(each) for each in value]
    return _UNKNOWN if value is UNKNOWN else value


def _unmarked(value: Any) -> Any:  # noqa: ANN401
    if isinstance(value, dict):
        return {key: _unmarked(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_unmarked(each) for each in value]
    return UNKNOWN if isinstance(value, str) and _UNKNOWN in value else value


def _documents(properties: Mapping[str, Any]) -> list[dict[str, Any]]:
    text = properties.get("yaml")
    given = properties.get("objs")
    return [*(_loaded(text) if isinstance(text, str) else ()), *(given if isinstance(given, list) else ())]


def _loaded(text: str) -> Iterator[dict[str, Any]]:
    for document in yaml.load_all(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
        if isinstance(document, dict) and "kind" in document:
            items = document.get("items") if document["kind"] == "List" else None
            yield from items if isinstance(items, list) else (document,)


def _placed(objects: Iterable[dict[str, Any]], source: Registration, namespace: object) -> Iterator[Resource]:
    """The objects as resources, in the namespace that Helm puts them into where they name none."""
    for manifest in objects:
        metadata = manifest.get("metadata") or {}
        if "namespace" not in metadata and manifest["kind"] not in _CLUSTER_WIDE and namespace:
            metadata = {**metadata, "namespace": namespace if isinstance(namespace, str) else UNKNOWN}
        resource = from_manifest({**manifest, "metadata": metadata})
        urn = f"{source.urn}#{resource.type}/{resource.namespace}/{resource.name}"
        label = f"{manifest['kind']} {_spelled(resource.namespace)}{_spelled(resource.name)} of {source.name}"
        yield type(resource)(resource.type, resource.properties, label.replace("/ of", " of"), urn)


def _spelled(part: object) -> str:
    return f"{part}/" if isinstance(part, str) and part else ""
