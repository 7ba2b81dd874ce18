"""The gateway's controller and proxies, as values of its chart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from components._versions import IMAGES
from components.kubernetes.workload import CONFINED
from components.serving.gateway_objects import CONTROLLER, GATEWAY, NAMESPACE

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pulumi

    from components.specs.model_gateway import InternalLoadBalancer, ModelGatewaySpec

Values = dict[str, Any]

CONTROLLER_APP: Final = "gateway-helm"
PROXY_APP: Final = "envoy"
"""What the chart and the controller call the pods, in label `app.kubernetes.io/name`."""
XDS_PORT: Final = 18000
METRICS_PORT: Final = 19001
"""Where controller and proxies show their metrics."""
PROXY_PORT: Final = 10443
"""Where a proxy takes requests: it may open no port below 1024, so the controller adds 10000."""
_USER: Final = 65532
_TOPOLOGY: Final = ("topology.kubernetes.io/zone", "kubernetes.io/hostname")
_DRAIN_SECONDS: Final = 60


def values(spec: ModelGatewaySpec, watched: Sequence[pulumi.Input[str]]) -> Values:
    """The values of chart `gateway-helm`: a controller that sees nothing but the ``watched`` namespaces."""
    return {
        "crds": {"enabled": False},
        "global": {"images": {"envoyGateway": _image("envoy-gateway"), "envoyProxy": _image("envoy")}},
        "deployment": {
            "replicas": min(spec.replicas, 2),
            "envoyGateway": {"resources": spec.sizes.controller.resources()},
            "pod": {"topologySpreadConstraints": _spread({"app.kubernetes.io/name": CONTROLLER_APP})},
        },
        "podDisruptionBudget": {"maxUnavailable": 1},
        "topologyInjector": {"enabled": False},
        "config": {
            "envoyGateway": {
                "gateway": {"controllerName": CONTROLLER},
                "provider": {
                    "type": "Kubernetes",
                    "kubernetes": {
                        "watch": {"type": "Namespaces", "namespaces": [NAMESPACE, *watched]},
                        # The chart's own switch writes this where nothing reads it.
                        "proxyTopologyInjector": {"disabled": True},
                    },
                },
                "envoyProxy": _proxies(spec),
            }
        },
    }


def _proxies(spec: ModelGatewaySpec) -> Values:
    """What the controller makes proxies from."""
    deployment = {
        "name": GATEWAY,
        "replicas": spec.replicas,
        "pod": {
            "labels": {"app.kubernetes.io/part-of": "mlplatform"},
            "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
            "topologySpreadConstraints": _spread({"app.kubernetes.io/name": PROXY_APP}),
        },
        "container": {"resources": spec.sizes.proxy.resources(), "securityContext": _confined()},
        "patch": {"type": "StrategicMerge", "value": {"spec": {"template": {"spec": _details(spec)}}}},
    }
    kubernetes = {
        "envoyDeployment": deployment,
        "envoyService": {"name": GATEWAY, **_reached(spec.load_balancer)},
        "envoyPDB": {"maxUnavailable": 1},
    }
    return {
        "provider": {"type": "Kubernetes", "kubernetes": kubernetes},
        "shutdown": {"drainTimeout": f"{_DRAIN_SECONDS}s"},
    }


def _details(spec: ModelGatewaySpec) -> Values:
    """Of a proxy's pod, what the controller has no setting for."""
    soon = {"periodSeconds": 1, "failureThreshold": 300}
    drain = {
        "name": "shutdown-manager",
        "resources": spec.sizes.drain.resources(),
        "securityContext": _confined(),
        "startupProbe": soon,
        "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}],  # noqa: S108 (a volume of the pod's own)
    }
    return {
        "enableServiceLinks": False,
        "containers": [{"name": "envoy", "startupProbe": soon}, drain],
        "volumes": [{"name": "tmp", "emptyDir": {"sizeLimit": "16Mi"}}],
    }


def _image(name: str) -> Values:
    return {"image": IMAGES[name].reference, "pullPolicy": "IfNotPresent"}


def _confined() -> Values:
    seccomp = {"seccompProfile": {"type": "RuntimeDefault"}}
    return {**CONFINED, **seccomp, "runAsNonRoot": True, "runAsUser": _USER, "runAsGroup": _USER}


def _reached(load_balancer: InternalLoadBalancer | None) -> Values:
    """The Service in front of the proxies."""
    if load_balancer is None:
        return {"type": "ClusterIP"}
    annotations = {
        "service.beta.kubernetes.io/aws-load-balancer-type": "nlb",
        "service.beta.kubernetes.io/aws-load-balancer-internal": "true",
    }
    return {
        "type": "LoadBalancer",
        "annotations": annotations,
        "loadBalancerSourceRanges": list(load_balancer.clients),
        # So a proxy sees who asks, and the network policy can tell.
        "externalTrafficPolicy": "Local",
    }


def _spread(labels: dict[str, str]) -> list[Values]:
    return [
        {
            "maxSkew": 1,
            "topologyKey": topology,
            # A full or lost failure domain must not keep a replica from starting elsewhere.
            "whenUnsatisfiable": "ScheduleAnyway",
            "labelSelector": {"matchLabels": labels},
        }
        for topology in _TOPOLOGY
    ]
