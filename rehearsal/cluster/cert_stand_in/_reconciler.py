"""What the stand-in does about the objects that it sees."""

from __future__ import annotations

import base64
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

from rehearsal.cluster.cert_stand_in._issuing import validity
from rehearsal.cluster.cert_stand_in._secrets import Request, signer
from rehearsal.cluster.cert_stand_in._world import CERTIFICATES, DEFINITIONS, ISSUERS, NotReadyError
from rehearsal.kube import KubeError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rehearsal.cluster.cert_stand_in._world import Kind, World
    from rehearsal.kube import Json

FIELD_MANAGER = "mlplatform-cert-manager-stand-in"
INJECT = "cert-manager.io/inject-ca-from"


class Api(Protocol):
    """What the reconciler does at the API server."""

    def get(self, path: str) -> Json: ...

    def apply(self, manifest: Json, *, field_manager: str, subresource: str = "") -> Json: ...


class Reconciler:
    """Brings Issuers, Certificates with their Secrets, and what trusts them to where they should be."""

    def __init__(self, kube: Api) -> None:
        self._kube = kube
        self._injected: dict[str, tuple[str, str]] = {}

    def reconcile(self, world: World) -> list[str]:
        """Do what is missing; returns what the API server refused, a line each: worth another try."""
        failures: list[str] = []
        authorities: dict[str, str] = {}
        for (namespace, name), issuer in world.issuers.items():
            with _collected(failures, f"Issuer {namespace}/{name}"):
                self._issuer(issuer, world)
        for (namespace, name), certificate in world.certificates.items():
            with _collected(failures, f"Certificate {namespace}/{name}"):
                if secret := self._certificate(certificate, world):
                    authorities[f"{namespace}/{name}"] = secret["data"]["ca.crt"]
        for kind, targets in world.targets.items():
            for target in targets:
                authority = authorities.get(target["metadata"].get("annotations", {}).get(INJECT, ""))
                if authority:
                    with _collected(failures, f"{kind.kind} {target['metadata']['name']}"):
                        self._inject(kind, target, authority)
        return failures

    def _issuer(self, issuer: Json, world: World) -> None:
        try:
            signer(issuer, world)
        except NotReadyError as error:
            self._say(ISSUERS, issuer, "False", error.reason, str(error))
        else:
            self._say(ISSUERS, issuer, "True", "IsReady", "answered by the rehearsal's stand-in")

    def _certificate(self, certificate: Json, world: World) -> Json | None:
        """Answer a Certificate; returns its Secret, or None when it cannot have one."""
        try:
            request = Request.of(certificate, world)
        except NotReadyError as error:
            self._say(CERTIFICATES, certificate, "False", error.reason, str(error))
            return None
        secret = self._secret(request, world)
        since, until = validity(base64.b64decode(secret["data"]["tls.crt"]))
        self._say(
            CERTIFICATES,
            certificate,
            "True",
            "Ready",
            "issued by the rehearsal's stand-in for cert-manager",
            notBefore=_timestamp(since),
            notAfter=_timestamp(until),
        )
        return secret

    def _secret(self, request: Request, world: World) -> Json:
        metadata, spec = request.certificate["metadata"], request.certificate["spec"]
        secret = world.secrets.get((metadata["namespace"], spec["secretName"]))
        if not request.is_answered_by(secret):
            # What the world shows may be older than what was issued a moment ago.
            secret = self._read(request.path)
        if secret is None or not request.is_answered_by(secret):
            # NotFound ends it here: when a Certificate goes, its Secret may be seen to go first.
            self._kube.get(CERTIFICATES.path(request.certificate))
            secret = self._kube.apply(request.answer(), field_manager=FIELD_MANAGER)
        return secret

    def _read(self, path: str) -> Json | None:
        try:
            return self._kube.get(path)
        except KubeError as error:
            if not error.missing:
                raise
            return None

    def _inject(self, kind: Kind, target: Json, authority: str) -> None:
        metadata = target["metadata"]
        if self._injected.get(metadata["uid"]) == (metadata["resourceVersion"], authority):
            return
        # The uid keeps an object that is gone by now from being made anew, out of nothing but an authority.
        manifest: Json = {
            "apiVersion": kind.version,
            "kind": kind.kind,
            "metadata": {"name": metadata["name"], "uid": metadata["uid"]},
        }
        client = {"clientConfig": {"caBundle": authority}}
        if kind is DEFINITIONS:
            whole = self._kube.get(kind.path(target))
            if "webhook" not in whole["spec"].get("conversion", {}):
                return
            manifest["spec"] = {"conversion": {"strategy": "Webhook", "webhook": client}}
        else:
            manifest["webhooks"] = [{"name": each["name"], **client} for each in target.get("webhooks", [])]
        applied = self._kube.apply(manifest, field_manager=FIELD_MANAGER)
        self._injected[metadata["uid"]] = applied["metadata"]["resourceVersion"], authority

    def _say(self, kind: Kind, item: Json, status: str, reason: str, message: str, **more: str) -> None:
        """Set the Ready condition, and more of the status, unless they are like that."""
        metadata, current = item["metadata"], item.get("status", {})
        said = {
            "type": "Ready",
            "status": status,
            "reason": reason,
            "message": message,
            "observedGeneration": metadata.get("generation", 1),
        }
        before: Json = next((each for each in current.get("conditions", []) if each["type"] == "Ready"), {})
        if said.items() <= before.items() and more.items() <= current.items():
            return
        same = before.get("status") == status and "lastTransitionTime" in before
        said["lastTransitionTime"] = before["lastTransitionTime"] if same else _timestamp(datetime.now(UTC))
        manifest = {
            "apiVersion": kind.version,
            "kind": kind.kind,
            "metadata": {key: metadata[key] for key in ("namespace", "name", "uid")},
            "status": {"conditions": [said], **more},
        }
        self._kube.apply(manifest, field_manager=FIELD_MANAGER, subresource="status")


def _timestamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


@contextmanager
def _collected(failures: list[str], what: str) -> Iterator[None]:
    try:
        yield
    except KubeError as error:
        # Gone meanwhile, or another one of that name (its uid conflicts): whatever is there now is seen soon.
        if not (error.missing or error.conflict):
            failures.append(f"{what}: {error.message}")
