"""The certificate that the gateway shows, as cert-manager is asked for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from components.serving.gateway_objects import CERTIFICATE, host
from components.specs.model_gateway import OwnAuthority

if TYPE_CHECKING:
    from collections.abc import Sequence

    from components.kubernetes.namespace import PlatformNamespace
    from components.kubernetes.objects import KubernetesObject
    from components.specs.capacity import Team
    from components.specs.model_gateway import ModelGatewaySpec

AUTHORITY: Final = "models-authority"
"""The Secret with the certificate that callers of a gateway with an authority of its own must believe."""
_API: Final = "cert-manager.io/v1"
_ROOT: Final = "models-root"
_KEY: Final = {"algorithm": "ECDSA", "size": 256}
_TEN_YEARS: Final = "87600h0m0s"


def certificates(namespace: PlatformNamespace, spec: ModelGatewaySpec, teams: Sequence[Team]) -> list[KubernetesObject]:
    """All that the Gateway's Secret comes from."""
    chosen = spec.certificate
    if isinstance(chosen, OwnAuthority):
        made, issuer = _own_authority(namespace), {"name": AUTHORITY, "kind": "Issuer"}
    else:
        made, issuer = [], {"name": chosen.name, "kind": "ClusterIssuer" if chosen.cluster_wide else "Issuer"}
    names = [host(team, spec.domain) for team in teams]
    asked: dict[str, Any] = {
        "secretName": CERTIFICATE,
        "dnsNames": names,
        "issuerRef": {**issuer, "group": "cert-manager.io"},
        "privateKey": {**_KEY, "rotationPolicy": "Always"},
        "usages": ["digital signature", "key encipherment", "server auth"],
    }
    return [*made, namespace.add(CERTIFICATE, _API, "Certificate", {"spec": asked}, depends_on=made)]


def _own_authority(namespace: PlatformNamespace) -> list[KubernetesObject]:
    root = namespace.add(_ROOT, _API, "Issuer", {"spec": {"selfSigned": {}}})
    asked = {
        "secretName": AUTHORITY,
        "commonName": "mlplatform models",
        "isCA": True,
        "duration": _TEN_YEARS,
        "issuerRef": {"name": _ROOT, "kind": "Issuer", "group": "cert-manager.io"},
        "privateKey": _KEY,
    }
    authority = namespace.add(AUTHORITY, _API, "Certificate", {"spec": asked}, depends_on=[root])
    issuer = namespace.add(AUTHORITY, _API, "Issuer", {"spec": {"ca": {"secretName": AUTHORITY}}}, depends_on=[root])
    return [root, authority, issuer]
