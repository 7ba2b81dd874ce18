"""A real API server with the kinds that releases touch, and what a release looks like."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, Final

import pytest
import yaml

from components.delivery import rights
from components.delivery.definitions import model_approvals, model_releases
from rehearsal.kube import Kube, KubeError
from rehearsal.own_control_plane import own_control_plane
from tests.world.watching import until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rehearsal.session import Session

Json = dict[str, Any]
NAMESPACE: Final = "team-research"
HASH: Final = "ab" * 32


@pytest.fixture(scope="session")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    """A control plane with simulated pods."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("MLPLATFORM_STATE", str(tmp_path_factory.mktemp("state")))
        with own_control_plane("delivery") as started:
            yield started


@pytest.fixture(scope="session")
def kubeconfig(session: Session) -> Path:
    """How it is reached."""
    return session.kubeconfig


@pytest.fixture(scope="session")
def kube(kubeconfig: Path) -> Iterator[Kube]:
    """A client of it; the definitions are served."""
    with Kube(kubeconfig) as client:
        for manifest in (model_releases(), model_approvals(), *map(foreign, FOREIGN)):
            established(client, manifest)
        for name in (NAMESPACE, "delivery"):
            client.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
        yield client


@pytest.fixture(scope="session")
def as_controller(kube: Kube, kubeconfig: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A kubeconfig of the controller's own account, with the rights that it has and no others."""
    account = {"name": rights.ACCOUNT, "namespace": "delivery"}
    kube.apply({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": account})
    for role in (rights.everywhere(), rights.among_jobs("delivery")):
        kube.apply(role)
        kube.apply(rights.bound(role, "delivery"))
    asked = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": 3600}}
    token = kube.create(f"/api/v1/namespaces/delivery/serviceaccounts/{rights.ACCOUNT}/token", asked)["status"]["token"]
    config = yaml.safe_load(kubeconfig.read_text())
    for each in config["users"]:
        each["user"] = {"token": token}
    path = tmp_path_factory.mktemp("account") / "kubeconfig"
    path.write_text(yaml.safe_dump(config))
    return path


FOREIGN: Final = (
    ("serving.kserve.io", "v1beta1", "InferenceService"),
    ("gateway.networking.k8s.io", "v1", "HTTPRoute"),
)


def foreign(kind: tuple[str, str, str]) -> Json:
    """A definition without a schema: what KServe and a gateway would answer is written by the tests."""
    group, version, name = kind
    plural = f"{name.lower()}s"
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    served = {"name": version, "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {
            "name": f"{plural}.{group}",
            "annotations": {"api-approved.kubernetes.io": "unapproved, for a test"},
        },
        "spec": {
            "group": group,
            "names": {"kind": name, "plural": plural},
            "scope": "Namespaced",
            "versions": [{**served, "subresources": {"status": {}}}],
        },
    }


def established(kube: Kube, definition: Json) -> None:
    """Have a kind, and wait until it is served."""
    kube.apply(definition)
    name, path = definition["metadata"]["name"], "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
    with kube.watch(path, timeout=30, field_selector=f"metadata.name={name}") as watch:
        for event in watch:
            conditions = event.object.get("status", {}).get("conditions") or ()
            if any(each["type"] == "Established" and each["status"] == "True" for each in conditions):
                break
        else:
            raise AssertionError(f"{name} is not served")
    group, plural = definition["spec"]["group"], definition["spec"]["names"]["plural"]
    versions = [each["name"] for each in definition["spec"]["versions"]]
    # A kind that is established has no storage for a moment, and nobody tells when it has.
    until(lambda: all(_is_listed(kube, f"/apis/{group}/{each}/{plural}") for each in versions), f"a list of {name}")


def _is_listed(kube: Kube, path: str) -> bool:
    try:
        kube.list(path)
    except KubeError:
        return False
    return True


_RELEASE: Final[Json] = {
    "apiVersion": "mlplatform.dev/v1",
    "kind": "ModelRelease",
    "metadata": {"name": "defects-7", "namespace": NAMESPACE},
    "spec": {
        "model": "defects",
        "version": "7",
        "author": "ada",
        "owner": "ada",
        "systemId": "line-3",
        "riskClass": "limited",
        "intendedUse": "Finds defects in castings.",
        "storageUri": f"s3://artifacts/teams/research/models/defects/sha256-{HASH}",
        "digest": f"sha256:{HASH}",
        "server": {"format": "sklearn"},
        "objectives": {"latencySeconds": 0.5},
    },
}


def release(name: str = "defects-7", **spec: object) -> Json:
    """A release that can be accepted, with these fields of its spec."""
    made = copy.deepcopy(_RELEASE)
    made["metadata"]["name"] = name
    made["spec"] |= spec
    return made
