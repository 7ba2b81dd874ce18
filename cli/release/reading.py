"""Reads releases of a cluster, and writes what people decide about them."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from rehearsal.errors import RehearsalError
from rehearsal.kube import Kube, KubeError

if TYPE_CHECKING:
    from collections.abc import Iterator

Json = dict[str, Any]

VERSION: Final = "mlplatform.dev/v1"
ROLL_BACK: Final = "mlplatform.dev/roll-back-requested-by"
_API: Final = f"/apis/{VERSION}"
_APPROVABLE: Final = ("Registered", "Testing", "AwaitingApproval")


def releases(kube: Kube, team: str | None) -> list[Json]:
    """All releases, or a team's; the newest first."""
    path = f"{_API}/namespaces/team-{team}/modelreleases" if team else f"{_API}/modelreleases"
    with _explained(kube, team):
        return sorted(kube.list(path), key=lambda each: str(each["metadata"]["creationTimestamp"]), reverse=True)


def release(kube: Kube, team: str, name: str) -> Json:
    """One release; RehearsalError where there is none of the name."""
    with _explained(kube, team):
        try:
            return kube.get(f"{_API}/namespaces/team-{team}/modelreleases/{name}")
        except KubeError as error:
            if not error.missing:
                raise
    known = ", ".join(each["metadata"]["name"] for each in releases(kube, team)[:5]) or "none"
    raise RehearsalError(f"NAME: team {team} has no such release, got {name}", remedy=f"the newest are: {known}")


def approve(kube: Kube, team: str, name: str, ticket: str, days: int) -> Json:
    """Approve the release's digest as who asks; RehearsalError where that cannot be."""
    found, user = release(kube, team, name), who_asks(kube)
    spec, phase = found["spec"], found.get("status", {}).get("phase", "Registered")
    if user == spec["author"]:
        raise RehearsalError(f"NAME: you are the author of {name}, got {user}", remedy="have somebody else approve it")
    if phase not in _APPROVABLE:
        raise RehearsalError(
            f"NAME: {name} waits for no approval, got phase {phase}", remedy="make another release of the model"
        )
    expires = datetime.now(UTC) + timedelta(days=days)
    approval = {
        "apiVersion": VERSION,
        "kind": "ModelApproval",
        "metadata": {"generateName": f"{name}-", "namespace": f"team-{team}"},
        "spec": {
            "release": name,
            "digest": spec["digest"],
            "author": spec["author"],
            "approver": user,
            "ticket": ticket,
            "expires": expires.strftime("%Y-%m-%dT%H:%M:%SZ"),
        },
    }
    with _explained(kube, team):
        return kube.create(f"{_API}/namespaces/team-{team}/modelapprovals", approval)


def roll_back(kube: Kube, team: str, name: str) -> str:
    """Ask for the release to be taken out of traffic; who then has it. RehearsalError where it has none."""
    found, user = release(kube, team, name), who_asks(kube)
    status = found.get("status", {})
    if status.get("phase") not in ("Canary", "Live"):
        raise RehearsalError(
            f"NAME: {name} has no traffic, got phase {status.get('phase', 'Registered')}",
            remedy="`mlplatform release list` shows which release is Live",
        )
    annotated = {"name": name, "namespace": f"team-{team}", "annotations": {ROLL_BACK: user}}
    with _explained(kube, team):
        kube.apply(
            {"apiVersion": VERSION, "kind": "ModelRelease", "metadata": annotated}, field_manager="mlplatform-release"
        )
    return str(status.get("previous", {}).get("release", ""))


def who_asks(kube: Kube) -> str:
    """The user as the API server knows whoever runs this command."""
    review = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
    with _explained(kube, None):
        answer = kube.create("/apis/authentication.k8s.io/v1/selfsubjectreviews", review)
    return str(answer["status"]["userInfo"]["username"])


@contextmanager
def _explained(kube: Kube, team: str | None) -> Iterator[None]:
    try:
        yield
    except KubeError as error:
        raise RehearsalError(f"{kube.server}: {error}", remedy=_remedy(error, team)) from error


def _remedy(error: KubeError, team: str | None) -> str:
    if error.code == HTTPStatus.FORBIDDEN:
        return "your own team's releases: --team TEAM" if team is None else f"ask for a role in namespace team-{team}"
    if error.code == HTTPStatus.UNAUTHORIZED:
        return "the credentials of the kubeconfig are not valid, or not any more"
    if error.missing:
        return "this cluster knows no ModelRelease; is it the one that the platform runs on?"
    return "is the cluster up, and the kubeconfig the right one?"
