"""The cluster's DNS: CoreDNS behind the address that every pod's resolver asks.

It needs no privilege: it listens on a high port, which the Service maps from 53. A name outside the cluster
does not exist, because a rehearsal has no way out: clients learn that at once instead of waiting.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rehearsal.kube import Json, Kube

ADDRESS = "10.96.0.10"
DOMAIN = "cluster.local"
NAMESPACE = "kube-system"

_NAME = "coredns"
_LABELS = {"k8s-app": "kube-dns"}
PORT = 5353
"""Where CoreDNS listens in its pod."""
_HEALTH_PORT = 8080
_READY_PORT = 8181

# No cache: Services come and go here, and the kubernetes plugin answers from memory anyway.
_COREFILE = f"""\
{DOMAIN}:{PORT} in-addr.arpa:{PORT} ip6.arpa:{PORT} {{
    errors
    health :{_HEALTH_PORT}
    ready :{_READY_PORT}
    kubernetes {DOMAIN} in-addr.arpa ip6.arpa
}}
.:{PORT} {{
    errors
    template ANY ANY {{
        rcode NXDOMAIN
    }}
}}
"""


def apply(kube: Kube, image: str, *, address: str = ADDRESS, more: str = "") -> None:
    """Run CoreDNS from ``image`` at ``address``, a free one of the Services' range; do not wait for it.

    ``more`` are blocks of its configuration for other domains.
    """
    for manifest in manifests(image, address=address, more=more):
        kube.apply(manifest)


def manifests(image: str, *, address: str = ADDRESS, more: str = "") -> list[Json]:
    """Everything of the cluster's DNS, in the order to apply it."""
    corefile = _COREFILE + more
    return [*_identity(), _configuration(corefile), _deployment(image, corefile), _service(address)]


def _identity() -> list[Json]:
    subject = {"kind": "ServiceAccount", "name": _NAME, "namespace": NAMESPACE}
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "system:coredns"}
    watched = [
        {"apiGroups": [""], "resources": ["services", "namespaces"], "verbs": ["list", "watch"]},
        {"apiGroups": ["discovery.k8s.io"], "resources": ["endpointslices"], "verbs": ["list", "watch"]},
    ]
    rbac = "rbac.authorization.k8s.io/v1"
    name = {"name": "system:coredns"}
    return [
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": _NAME, "namespace": NAMESPACE}},
        {"apiVersion": rbac, "kind": "ClusterRole", "metadata": name, "rules": watched},
        {
            "apiVersion": rbac,
            "kind": "ClusterRoleBinding",
            "metadata": name,
            "roleRef": role,
            "subjects": [subject],
        },
    ]


def _configuration(corefile: str) -> Json:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": _NAME, "namespace": NAMESPACE},
        "data": {"Corefile": corefile},
    }


def _deployment(image: str, corefile: str) -> Json:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": _NAME, "namespace": NAMESPACE, "labels": _LABELS},
        "spec": {
            "replicas": 1,
            "selector": {"matchLabels": _LABELS},
            "template": {
                "metadata": {
                    "labels": _LABELS,
                    # A changed configuration makes a new pod.
                    "annotations": {"mlplatform.dev/corefile": hashlib.sha256(corefile.encode()).hexdigest()[:12]},
                },
                "spec": _pod(image),
            },
        },
    }


def _pod(image: str) -> Json:
    return {
        "serviceAccountName": _NAME,
        "priorityClassName": "system-cluster-critical",
        "dnsPolicy": "Default",
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": 65532,
            "runAsGroup": 65532,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [_container(image)],
        "volumes": [{"name": "configuration", "configMap": {"name": _NAME}}],
    }


def _container(image: str) -> Json:
    return {
        "name": _NAME,
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "args": ["-conf", "/etc/coredns/Corefile"],
        "ports": [
            {"name": "dns", "containerPort": PORT, "protocol": "UDP"},
            {"name": "dns-tcp", "containerPort": PORT, "protocol": "TCP"},
        ],
        "resources": {
            "requests": {"cpu": "10m", "memory": "64Mi"},
            "limits": {"cpu": "500m", "memory": "170Mi"},
        },
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "readOnlyRootFilesystem": True,
        },
        "readinessProbe": {"httpGet": {"path": "/ready", "port": _READY_PORT}, "periodSeconds": 1},
        "livenessProbe": {
            "httpGet": {"path": "/health", "port": _HEALTH_PORT},
            "initialDelaySeconds": 30,
            "timeoutSeconds": 5,
        },
        "volumeMounts": [{"name": "configuration", "mountPath": "/etc/coredns", "readOnly": True}],
    }


def _service(address: str) -> Json:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {
            "name": "kube-dns",  # the name that the rest of the world looks for
            "namespace": NAMESPACE,
            "labels": {**_LABELS, "kubernetes.io/name": "CoreDNS"},
        },
        "spec": {
            "clusterIP": address,
            "selector": _LABELS,
            "ports": [
                {"name": "dns", "port": 53, "targetPort": "dns", "protocol": "UDP"},
                {"name": "dns-tcp", "port": 53, "targetPort": "dns-tcp", "protocol": "TCP"},
            ],
        },
    }
