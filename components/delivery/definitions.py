"""The kinds that releases are made of: ModelRelease and ModelApproval, as custom resource definitions."""

from __future__ import annotations

from typing import Any, Final

from components.delivery.schemas import APPROVAL, RELEASE

Manifest = dict[str, Any]

GROUP: Final = "mlplatform.dev"
VERSION: Final = "v1"
_NAME_LENGTH: Final = {
    "rule": "self.metadata.name.size() <= 40",
    "message": "metadata.name: may have 40 characters, since Services are named after it",
}


def model_releases() -> Manifest:
    """A model's version on its way to all traffic: what its author wants, and how far it is."""
    columns = {
        "Model": ("string", ".spec.model"),
        "Version": ("string", ".spec.version"),
        "Phase": ("string", ".status.phase"),
        "Traffic": ("integer", ".status.traffic"),
        "Last gate": ("string", ".status.lastGate"),
        "Age": ("date", ".metadata.creationTimestamp"),
    }
    schema = {**RELEASE, "x-kubernetes-validations": [_NAME_LENGTH]}
    return _definition("ModelRelease", "modelreleases", ["mr"], schema, columns, subresources={"status": {}})


def model_approvals() -> Manifest:
    """Somebody's approval of one release and one digest, until a moment."""
    columns = {
        "Release": ("string", ".spec.release"),
        "Approver": ("string", ".spec.approver"),
        "Ticket": ("string", ".spec.ticket"),
        "Expires": ("string", ".spec.expires"),
    }
    return _definition("ModelApproval", "modelapprovals", ["ma"], APPROVAL, columns)


def _definition(
    kind: str,
    plural: str,
    short: list[str],
    schema: Manifest,
    columns: dict[str, tuple[str, str]],
    subresources: Manifest | None = None,
) -> Manifest:
    version = {
        "name": VERSION,
        "served": True,
        "storage": True,
        "schema": {"openAPIV3Schema": schema},
        "additionalPrinterColumns": [
            {"name": name, "type": form, "jsonPath": path} for name, (form, path) in columns.items()
        ],
        **({"subresources": subresources} if subresources else {}),
    }
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{GROUP}"},
        "spec": {
            "group": GROUP,
            "names": {
                "kind": kind,
                "listKind": f"{kind}List",
                "plural": plural,
                "singular": kind.lower(),
                "shortNames": short,
            },
            "scope": "Namespaced",
            "versions": [version],
        },
    }
