"""Ray's kinds as custom resource definitions, small enough for a stack's state.

Upstream's have the schema of a pod written out wherever a pod is described, two or three times in each version: three
megabytes that the engine would write after every step. Here such a place takes any object. The API server keeps all of
it and fills in Ray's own defaults as before, but does not refuse a misspelt field of a pod: the operator leaves it out.

The file beside this module is what `python -m components.training.ray_definitions DIRECTORY` makes of upstream's
`ray-operator/config/crd/bases`; the rehearsal's toolchain keeps that directory (`kuberay-*/assets/crds`).
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

Manifest = dict[str, Any]

KINDS: Final = ("rayclusters", "rayjobs", "rayservices")
"""The kinds that the operator watches; without the definition of one it ends soon after its start."""
_FILE: Final = Path(__file__).with_name("ray_definitions.json")
_ANY_OBJECT: Final = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}


def definitions() -> list[Manifest]:
    """The definitions of the operator's version in the table of versions."""
    made: list[Manifest] = json.loads(_FILE.read_text())
    return made


def reduced(definition: Manifest) -> Manifest:
    """A definition of upstream's with the stored version alone, without descriptions and schemas of pods."""
    spec = definition["spec"]
    stored = [_reduced(version) for version in spec["versions"] if version["storage"]]
    return {
        "apiVersion": definition["apiVersion"],
        "kind": definition["kind"],
        "metadata": {"name": definition["metadata"]["name"]},
        "spec": {**spec, "versions": stored},
    }


def _reduced(schema: Any) -> Any:  # noqa: ANN401 - any part of a schema
    if isinstance(schema, list):
        return [_reduced(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if _describes_pods(schema):
        return _ANY_OBJECT
    # A property may be called `description` too: its value is a schema, not a text.
    return {key: _reduced(each) for key, each in schema.items() if key != "description" or not isinstance(each, str)}


def _describes_pods(schema: Manifest) -> bool:
    """Whether it is the schema of a pod template."""
    match schema:
        case {"properties": {"spec": {"properties": {"containers": _}}}}:
            return True
    return False


def _upstream(directory: Path) -> Iterable[Manifest]:
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    for kind in KINDS:
        yield yaml.load((directory / f"ray.io_{kind}.yaml").read_text(), Loader=loader)  # noqa: S506 (a safe one)


def text_of(directory: Path) -> str:
    """The file's text, made of upstream's definitions in a directory."""
    made = [reduced(each) for each in _upstream(directory)]
    return json.dumps(made, indent=1, sort_keys=True) + "\n"


if __name__ == "__main__":
    _FILE.write_text(text_of(Path(sys.argv[1])))
