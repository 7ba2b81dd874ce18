"""The gateway's certificates, as cert-manager is asked for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from components.serving.gateway_objects import CERTIFICATE, NAMESPACE, host
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
_CONTROL_PLANE: Final = "control-plane-authority"
_CONTROLLER: Final = "envoy-gateway"
_PROXIES: Final = "envoy"
"""Secrets by names that the controller knows; the first is that of its Service too."""
_IN_CLUSTER: Final = f".{NAMESPACE}.svc.cluster.local"
_KEY: Final = {"algorithm": "ECDSA", "size": 256}
_TEN_YEARS: Final = "87600h0m0s"


def of_gateway(namespace: PlatformNamespace, spec: ModelGatewaySpec, teams: Sequence[Team]) -> KubernetesObject:
    """The certificate that callers see, for the names of every team's models."""
    chosen = spec.certificate
    if isinstance(chosen, OwnAuthority):
        issuer = _authority(namespace, AUTHORITY)
    else:
        issuer = _Issuer("ClusterIssuer" if chosen.cluster_wide else "Issuer", chosen.name)
    return _certificate(namespace, CERTIFICATE, [host(team, spec.domain) for team in teams], issuer, ["server auth"])


def of_control_plane(namespace: PlatformNamespace) -> list[KubernetesObject]:
    """The certificates by which controller and proxies know each other. Upstream's chart makes them with a Job that is
    a hook of Helm's, which no hook runs; these are renewed besides."""
    issuer = _authority(namespace, _CONTROL_PLANE)
    service = [f"{_CONTROLLER}{suffix}" for suffix in ("", f".{NAMESPACE}", f".{NAMESPACE}.svc", _IN_CLUSTER)]
    return [
        _certificate(namespace, _CONTROLLER, service, issuer, ["server auth"]),
        _certificate(namespace, _PROXIES, [f"*.{NAMESPACE}"], issuer, ["client auth"]),
    ]


@dataclass(frozen=True)
class _Issuer:
    kind: str
    name: str
    after: tuple[KubernetesObject, ...] = ()


def _certificate(
    namespace: PlatformNamespace, secret: str, names: Sequence[str], issuer: _Issuer, usages: Sequence[str]
) -> KubernetesObject:
    asked = {
        "secretName": secret,
        "dnsNames": list(names),
        "issuerRef": _reference(issuer.kind, issuer.name),
        "privateKey": {**_KEY, "rotationPolicy": "Always"},
        "usages": ["digital signature", "key encipherment", *usages],
    }
    return namespace.add(secret, _API, "Certificate", {"spec": asked}, depends_on=issuer.after)


def _authority(namespace: PlatformNamespace, name: str) -> _Issuer:
    """An issuer with a certificate of its own, which it has signed itself."""
    root = namespace.add(f"{name}-root", _API, "Issuer", {"spec": {"selfSigned": {}}})
    asked = {
        "secretName": name,
        "commonName": f"mlplatform {name}",
        "isCA": True,
        "duration": _TEN_YEARS,
        "issuerRef": _reference("Issuer", f"{name}-root"),
        "privateKey": _KEY,
    }
    namespace.add(name, _API, "Certificate", {"spec": asked}, depends_on=[root])
    return _Issuer("Issuer", name, (namespace.add(name, _API, "Issuer", {"spec": {"ca": {"secretName": name}}}),))


def _reference(kind: str, name: str) -> dict[str, Any]:
    return {"name": name, "kind": kind, "group": "cert-manager.io"}
