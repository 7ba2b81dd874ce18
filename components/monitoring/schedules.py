"""The exporter that says how the platform's CronJobs are: without it, a backup that is not made is not heard of."""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING, Any, Final

from components.kubernetes.namespace import in_namespace
from components.kubernetes.workload import (
    Container,
    Mount,
    Pod,
    config_volume,
    deployment,
    http_get,
    probe,
    tcp_connect,
)
from components.specs.size import Size

if TYPE_CHECKING:
    from components.kubernetes.namespace import PlatformNamespace

APP: Final = "schedule-exporter"
PORT: Final = 8000
PROGRAMS: Final = ("schedule_exporter.py", "cron.py", "skew_verdicts.py")
_USER: Final = 1001
_SIZE: Final = Size(cpu_millicores=10, cpu_limit_millicores=500, memory_mib=128)
_RBAC: Final = "rbac.authorization.k8s.io"


def install(room: PlatformNamespace) -> None:
    """The exporter, which may list CronJobs, Jobs and pods of every namespace and nothing else."""
    directory = resources.files("controllers")
    programs = room.config("schedule-programs", {name: directory.joinpath(name).read_text() for name in PROGRAMS})
    room.account(APP)
    for kind, more in (("ClusterRole", {"rules": permissions()}), ("ClusterRoleBinding", _bound(room.name))):
        manifest = {"apiVersion": f"{_RBAC}/v1", "kind": kind, "metadata": {"name": f"mlplatform-{APP}"}, **more}
        room.elsewhere(f"{APP}-{kind.removeprefix('Cluster').lower()}", manifest)
    room.allow(APP, [PORT], [in_namespace(room.name)])
    room.add(APP, "apps/v1", "Deployment", {"spec": deployment(pod(programs), 1)})


def permissions() -> list[dict[str, Any]]:
    """What it reads of the Kubernetes API."""
    return [
        {"apiGroups": ["batch"], "resources": ["cronjobs", "jobs"], "verbs": ["list"]},
        {"apiGroups": [""], "resources": ["pods"], "verbs": ["list"]},
    ]


def pod(programs: str) -> Pod:
    """The exporter, on a ConfigMap with its program; it needs Python alone, which Feast's image has."""
    lives = http_get("/", "metrics")
    container = Container(
        "exporter",
        "feast",
        _SIZE,
        command=("python", "-m", "controllers.schedule_exporter", f"--port={PORT}"),
        environment={"PYTHONPATH": "/programs", "PYTHONDONTWRITEBYTECODE": "1"},
        ports={"metrics": PORT},
        mounts=(Mount("/programs/controllers", "programs"),),
        probes={
            "startup": probe(2, 60, lives),
            "readiness": probe(10, 3, lives),
            "liveness": probe(20, 6, tcp_connect("metrics")),
        },
    )
    return Pod(APP, _USER, [container], volumes=[config_volume("programs", programs)], account=APP, metrics_port=PORT)


def _bound(namespace: str) -> dict[str, Any]:
    return {
        "roleRef": {"apiGroup": _RBAC, "kind": "ClusterRole", "name": f"mlplatform-{APP}"},
        "subjects": [{"kind": "ServiceAccount", "name": APP, "namespace": namespace}],
    }
