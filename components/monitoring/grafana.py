"""Grafana as the platform runs it: dashboards come from code, and nothing that is changed by hand lasts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import yaml

from components.kubernetes.workload import (
    Container,
    Mount,
    Pod,
    config_volume,
    http_get,
    probe,
    secret_volume,
    tcp_connect,
)

if TYPE_CHECKING:
    import pulumi

    from components.specs.monitoring_stack import Dashboards

APP: Final = "grafana"
PORT: Final = 3000
_USER: Final = 472


def provisioning(prometheus: str) -> dict[str, str]:
    """Files that tell Grafana of Prometheus at the address `prometheus`, and of the dashboards."""
    source = {
        "name": "Prometheus",
        "uid": "prometheus",
        "type": "prometheus",
        "access": "proxy",
        "url": prometheus,
        "isDefault": True,
    }
    provider = {"name": "mlplatform", "type": "file", "options": {"path": "/dashboards"}, "disableDeletion": True}
    return {
        "datasources.yaml": yaml.safe_dump({"apiVersion": 1, "datasources": [source]}, sort_keys=False),
        "dashboards.yaml": yaml.safe_dump({"apiVersion": 1, "providers": [provider]}, sort_keys=False),
    }


def pod(spec: Dashboards, provisioning: str, dashboards: str, password_secret: pulumi.Input[str]) -> Pod:
    """The server, on ConfigMaps of the same names; the Secret's file `password` is the one of user `admin`."""
    server = Container(
        APP,
        APP,
        spec.size,
        environment={
            "GF_SECURITY_ADMIN_PASSWORD__FILE": "/etc/grafana/admin/password",
            "GF_USERS_ALLOW_SIGN_UP": "false",
            # Nothing is sent to, or fetched from, its makers.
            "GF_ANALYTICS_REPORTING_ENABLED": "false",
            "GF_ANALYTICS_CHECK_FOR_UPDATES": "false",
            "GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES": "false",
            "GF_PLUGINS_PREINSTALL_DISABLED": "true",
        },
        ports={"http": PORT},
        mounts=(
            Mount("/var/lib/grafana", "data", writable=True),
            Mount("/dashboards", "dashboards"),
            Mount("/etc/grafana/admin", "admin"),
            Mount("/etc/grafana/provisioning/datasources/prometheus.yaml", "provisioning", file="datasources.yaml"),
            Mount("/etc/grafana/provisioning/dashboards/mlplatform.yaml", "provisioning", file="dashboards.yaml"),
        ),
        probes={
            "startup": probe(5, 60, http_get("/api/health", "http")),
            "readiness": probe(5, 3, http_get("/api/health", "http")),
            "liveness": probe(20, 6, tcp_connect("http")),
        },
    )
    volumes = [
        {"name": "data", "emptyDir": {"sizeLimit": "1Gi"}},
        config_volume("provisioning", provisioning),
        config_volume("dashboards", dashboards),
        secret_volume("admin", password_secret),
    ]
    return Pod(APP, _USER, [server], volumes=volumes)
