"""What the release controller may do, and nothing besides."""

from __future__ import annotations

from typing import Any, Final

from components.delivery.definitions import GROUP

Manifest = dict[str, Any]

ACCOUNT: Final = "release-controller"
_READ: Final = ["get", "list", "watch"]


def everywhere() -> Manifest:
    """A ClusterRole: releases are in all teams' namespaces, and so are their servers and routes.

    It approves nothing: `serve` lets it write down, on servers, the approvals that people gave (AI-06), and people who
    may `approve` may not do that. It reads no Secret and starts no pod in a team's namespace.
    """
    return _role(
        "ClusterRole",
        {"name": ACCOUNT},
        [
            _rule(GROUP, ["modelreleases", "modelapprovals"], _READ),
            _rule(GROUP, ["modelreleases/status"], ["update"]),
            _rule(GROUP, ["modelreleases"], ["serve"]),
            # What owns an object must be one that its maker could keep from being deleted.
            _rule(GROUP, ["modelreleases/finalizers"], ["update"]),
            _rule("serving.kserve.io", ["inferenceservices"], [*_READ, "create", "patch", "delete"]),
            _rule("gateway.networking.k8s.io", ["httproutes"], [*_READ, "create", "patch", "delete"]),
            _rule("batch", ["jobs"], _READ),
            _rule("", ["events"], ["create"]),
            # kopf waits for kinds that are not served yet.
            _rule("apiextensions.k8s.io", ["customresourcedefinitions"], _READ),
        ],
    )


def among_jobs(namespace: str) -> Manifest:
    """A Role in the namespace where gates are judged: it starts jobs there, and reads what their pods said."""
    rules = [_rule("batch", ["jobs"], ["create"]), _rule("", ["pods"], ["get", "list"])]
    return _role("Role", {"name": ACCOUNT, "namespace": namespace}, rules)


def bound(role: Manifest, namespace: str) -> Manifest:
    """The role's binding to the controller's account in a namespace."""
    metadata = role["metadata"]
    return {
        "apiVersion": role["apiVersion"],
        "kind": f"{role['kind']}Binding",
        "metadata": metadata,
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": role["kind"], "name": metadata["name"]},
        "subjects": [{"kind": "ServiceAccount", "name": ACCOUNT, "namespace": namespace}],
    }


def _role(kind: str, metadata: dict[str, str], rules: list[Manifest]) -> Manifest:
    return {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": kind, "metadata": metadata, "rules": rules}


def _rule(group: str, resources: list[str], verbs: list[str]) -> Manifest:
    return {"apiGroups": [group], "resources": resources, "verbs": verbs}
