"""The Secrets that Certificates get."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from rehearsal.cluster.cert_stand_in._issuing import Authority, duration, issue, unanswered, validity
from rehearsal.cluster.cert_stand_in._world import CERTIFICATES, GROUP, NotReadyError

if TYPE_CHECKING:
    from rehearsal.cluster.cert_stand_in._world import World
    from rehearsal.kube import Json

ISSUED_FOR = "mlplatform.dev/issued-for"
"""On a Secret: which request its certificate answers, so that a changed one is answered anew."""

_FIELDS = ("tls.crt", "tls.key", "ca.crt")


@dataclass(frozen=True)
class Request:
    """What a Certificate asks for, and of whom: without an authority, the certificate signs itself."""

    certificate: Json
    authority: Authority | None

    @classmethod
    def of(cls, certificate: Json, world: World) -> Request:
        """Raises ``NotReadyError`` for what is not done here and for what is not there yet."""
        spec, namespace = certificate["spec"], certificate["metadata"]["namespace"]
        if missing := unanswered(spec):
            raise NotReadyError("NotAnswered", f"the rehearsal's stand-in does not do {', '.join(missing)}")
        reference = spec["issuerRef"]
        if reference.get("kind", "Issuer") != "Issuer" or reference.get("group", GROUP) != GROUP:
            raise NotReadyError("NotAnswered", f"the rehearsal's stand-in knows Issuers of {GROUP} only")
        issuer = world.issuers.get((namespace, reference["name"]))
        if issuer is None:
            raise NotReadyError("IssuerMissing", f"there is no Issuer {namespace}/{reference['name']} yet")
        return cls(certificate, signer(issuer, world))

    @property
    def path(self) -> str:
        """Where the Secret belongs."""
        namespace = self.certificate["metadata"]["namespace"]
        return f"/api/v1/namespaces/{namespace}/secrets/{self.certificate['spec']['secretName']}"

    def is_answered_by(self, secret: Json | None) -> bool:
        """Whether a Secret holds what is asked for, and for long enough."""
        if secret is None or secret["metadata"].get("annotations", {}).get(ISSUED_FOR) != self._fingerprint:
            return False
        data = secret.get("data", {})
        if not all(data.get(field) for field in _FIELDS):
            return False
        since, until = validity(base64.b64decode(data["tls.crt"]))
        reserve = duration(self.certificate["spec"].get("renewBefore"), (until - since) / 3)
        return datetime.now(UTC) < until - reserve

    def answer(self) -> Json:
        """A Secret with a new key and certificate."""
        metadata, spec = self.certificate["metadata"], self.certificate["spec"]
        issued = issue(spec, self.authority)
        content = dict(zip(_FIELDS, (issued.certificate, issued.key, issued.authority), strict=True))
        template = spec.get("secretTemplate", {})
        owner = {
            "apiVersion": CERTIFICATES.version,
            "kind": CERTIFICATES.kind,
            "name": metadata["name"],
            "uid": metadata["uid"],
        }
        return {
            "apiVersion": "v1",
            "kind": "Secret",
            "type": "kubernetes.io/tls",
            "metadata": {
                "namespace": metadata["namespace"],
                "name": spec["secretName"],
                "labels": template.get("labels", {}),
                "annotations": {
                    **template.get("annotations", {}),
                    "cert-manager.io/certificate-name": metadata["name"],
                    "cert-manager.io/issuer-name": spec["issuerRef"]["name"],
                    ISSUED_FOR: self._fingerprint,
                },
                # It goes with the Certificate, so that a destroyed platform leaves none behind.
                "ownerReferences": [owner],
            },
            "data": {field: base64.b64encode(pem).decode() for field, pem in content.items()},
        }

    @property
    def _fingerprint(self) -> str:
        authority = self.authority.certificate.decode() if self.authority else ""
        asked = json.dumps([self.certificate["spec"], authority], sort_keys=True)
        return hashlib.sha256(asked.encode()).hexdigest()[:16]


def signer(issuer: Json, world: World) -> Authority | None:
    """Who signs for an Issuer; None where every certificate signs itself."""
    spec, namespace = issuer["spec"], issuer["metadata"]["namespace"]
    if "selfSigned" in spec:
        return None
    if "ca" not in spec:
        raise NotReadyError("NotAnswered", "the rehearsal's stand-in knows selfSigned and ca issuers only")
    name = spec["ca"]["secretName"]
    secret = world.secrets.get((namespace, name))
    if secret is None:
        raise NotReadyError("SecretMissing", f"there is no TLS Secret {namespace}/{name} yet")
    certificate, key = (base64.b64decode(secret["data"][field]) for field in ("tls.crt", "tls.key"))
    return Authority(certificate, key)
