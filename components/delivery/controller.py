"""The release controller's pod, its settings, and the pod that judges a gate for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, get_args

import pulumi

from components.delivery.rights import ACCOUNT
from components.kubernetes.workload import Container, Mount, Pod, config_volume, http_get, probe, secret_volume
from components.specs.gpu_serving_pool import RiskClass

if TYPE_CHECKING:
    from components.buckets.access import BucketAccess
    from components.specs.model_delivery import GatesByRiskClass, ModelDeliverySpec

JUDGE: Final = "release-judge"
METRICS_PORT: Final = 8081
_HEALTH_PORT: Final = 8080
_IMAGE: Final = "release-controller"
_USER: Final = 1000
_SETTINGS: Final = "/etc/release"
_VERDICT: Final = "/dev/termination-log"
"""Where Kubernetes takes a container's last words from."""
_SERVERS: Final = "http://{release}-predictor.{namespace}.svc"
"""KServe's Service in front of a release's servers."""


def settings(spec: ModelDeliverySpec, metrics_url: str, jobs_namespace: str, judge: Pod) -> pulumi.Output[str]:
    """The controller's settings file (`controllers.release.reading.Settings`)."""
    return pulumi.Output.json_dumps(
        {
            "gates": {risk: _gates(spec.gates, risk) for risk in get_args(RiskClass)},
            "gateway": {"name": spec.gateway.name, "namespace": spec.gateway.namespace},
            "domain": spec.domain,
            "metrics_url": metrics_url,
            "servers_url": _SERVERS,
            "jobs_namespace": jobs_namespace,
            "job": judge.template(),
        }
    )


def controller_pod(spec: ModelDeliverySpec, settings_file: pulumi.Input[str]) -> Pod:
    """The controller, with the ConfigMap in which `settings.json` is.

    One copy: it holds nothing, so that another takes over wherever it was. Two of them for a moment, while it is rolled
    out, do no harm: a status that changed meanwhile is not overwritten, and everything else has names of its own.
    """
    healthy = http_get("/healthz", "health")
    container = Container(
        "controller",
        _IMAGE,
        spec.controller,
        command=("python3", "-m", "controllers.release"),
        arguments=(
            f"--settings={_SETTINGS}/settings.json",
            f"--health=http://0.0.0.0:{_HEALTH_PORT}/healthz",
            f"--metrics-port={METRICS_PORT}",
        ),
        environment={"HOME": "/tmp", "PYTHONDONTWRITEBYTECODE": "1"},  # noqa: S108 (a volume of the pod's own)
        ports={"health": _HEALTH_PORT, "metrics": METRICS_PORT},
        mounts=(Mount(_SETTINGS, "settings"),),
        probes={
            # It imports for a second on a free core, and for many on a busy node.
            "startup": probe(2, 60, healthy),
            "readiness": probe(10, 3, healthy),
            "liveness": probe(20, 6, healthy),
        },
    )
    volumes = [config_volume("settings", settings_file)]
    return Pod(ACCOUNT, _USER, [container], volumes=volumes, account=ACCOUNT, metrics_port=METRICS_PORT)


def judge_pod(spec: ModelDeliverySpec, bucket: BucketAccess, credentials: pulumi.Input[str] | None) -> Pod:
    """The pod that judges one gate; the controller adds what it is asked as the last argument. ``credentials`` is the
    Secret with the bucket's `credentials`; None where the pod has a role."""
    key = [] if credentials is None else [Mount("/etc/aws", "credentials")]
    container = Container(
        "judge",
        _IMAGE,
        spec.judge,
        command=("python3", "-m", "controllers.release.judge", f"--verdict={_VERDICT}"),
        environment={
            **bucket.environment,
            **({"AWS_SHARED_CREDENTIALS_FILE": "/etc/aws/credentials"} if key else {}),
            "HOME": "/tmp",  # noqa: S108 (a volume of the pod's own)
            "PYTHONDONTWRITEBYTECODE": "1",
        },
        mounts=key,
    )
    volumes = [] if credentials is None else [secret_volume("credentials", credentials)]
    return Pod(JUDGE, _USER, [container], volumes=volumes, restart="Never")


def _gates(chosen: GatesByRiskClass, risk: RiskClass) -> list[str]:
    always: tuple[Any, ...] = ("artifact", "approval", "canary")
    return sorted({*always, *chosen.of(risk)})
