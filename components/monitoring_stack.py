"""Metrics, alerts and dashboards of the whole platform.

Prometheus is run plainly, not by its operator: one server with one configuration needs no controller, no further
custom resources and no cluster-wide right to change workloads, and its whole configuration can be checked before it
is deployed. What a team wants read, it annotates.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pulumi

from components.aws.identity import pod_identity
from components.aws.names import stem
from components.aws.place import place_of
from components.kubernetes.namespace import PlatformNamespace, in_namespace
from components.kubernetes.password import password
from components.kubernetes.workload import deployment, stateful_set
from components.monitoring import alertmanager, collector, gpu_exporter, grafana, prometheus, schedules
from components.monitoring.alerts import groups, rule_files
from components.monitoring.dashboards import DASHBOARDS
from components.specs.hooks import Hooks
from components.specs.monitoring_stack import InClusterMetrics, NodeLogs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from components.aws.identity import Statement
    from components.kubernetes.cluster import Cluster
    from components.kubernetes.objects import KubernetesObject
    from components.kubernetes.workload import Pod
    from components.monitoring.alert_topic import AlertTopic
    from components.monitoring.managed_prometheus import ManagedPrometheus
    from components.specs.capacity import Team
    from components.specs.gpu_serving_pool import ServedModel
    from components.specs.monitoring_stack import MonitoringStackSpec
    from components.specs.storage import Storage

NAMESPACE: Final = "monitoring"
OUTPUTS: Final = (
    "prometheus",
    "alertmanager",
    "grafana",
    "grafana_password",
    "metrics_endpoint",
    "alert_topic",
    "log_group",
    "collector",
)
"""Attributes of the component that are its outputs."""
_RBAC: Final = "rbac.authorization.k8s.io"


@dataclass(frozen=True)
class MonitoringStackArgs:
    """Inputs of a MonitoringStack."""

    spec: MonitoringStackSpec
    """What the stack file says about monitoring."""
    cluster: Cluster
    """Where it runs."""
    models: Sequence[ServedModel] = ()
    """Endpoints that are to be there, and what is promised of them."""
    teams: Sequence[Team] = ()
    """Teams, and what is promised of their queues."""


class MonitoringStack(pulumi.ComponentResource):
    """Everything of the platform that gives metrics is read, judged by the alert rules, and shown on dashboards. So is
    a pod of any namespace that is annotated `prometheus.io/scrape: "true"`. On AWS samples and logs of containers can
    be kept outside of the cluster, and alerts published to a topic."""

    prometheus: pulumi.Output[str]
    """Address of Prometheus inside the cluster."""
    alertmanager: pulumi.Output[str]
    """Address of Alertmanager inside the cluster."""
    grafana: pulumi.Output[str] | None
    """Address of Grafana inside the cluster; None where it is not installed."""
    grafana_password: pulumi.Output[str] | None
    """The password of Grafana's user `admin`."""
    metrics_endpoint: pulumi.Output[str] | None
    """Where AWS answers queries about all samples, with signed requests; None where Prometheus keeps them itself."""
    alert_topic: pulumi.Output[str] | None
    """ARN of the topic that alerts are published to; None where there is none."""
    collector: pulumi.Output[str] | None
    """Where workloads send metrics, logs and traces by OTLP over HTTP; None where no hook wants them."""
    log_group: pulumi.Output[str] | None
    """Name of the log group of containers; None where logs stay on their nodes."""

    def __init__(self, name: str, args: MonitoringStackArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("mlplatform:index:MonitoringStack", name, None, opts)
        self._name, self._args = name, args
        self._namespace = PlatformNamespace(NAMESPACE, self, args.cluster, prefix=name)
        alerts_to = f"{alertmanager.APP}.{NAMESPACE}.svc:{alertmanager.PORT}"
        address = f"http://{prometheus.APP}.{NAMESPACE}.svc:{prometheus.PORT}"
        topic = self._topic()
        managed = self._managed(topic)
        self.alertmanager = self._alertmanager(topic).urn.apply(lambda _: f"http://{alerts_to}")
        self.prometheus = self._prometheus(alerts_to, managed).urn.apply(lambda _: address)
        self.grafana, self.grafana_password = self._grafana(address)
        self.metrics_endpoint = managed.query_endpoint() if managed else None
        self.alert_topic = topic.arn if topic else None
        self.log_group = self._container_logs()
        interval = args.spec.metrics.scrape_interval_seconds
        self.collector = collector.install(self._namespace, args.spec.hooks, address, interval)
        schedules.install(self._namespace)
        if args.spec.gpu_exporter.enabled:
            self._gpu_exporter()
        self.register_outputs({each: getattr(self, each) for each in OUTPUTS})

    def _topic(self) -> AlertTopic | None:
        spec = self._args.spec.alerting.topic
        if spec is None:
            return None
        from components.monitoring.alert_topic import AlertTopic

        return AlertTopic(
            f"{self._name}-alerts", spec, place_of(self._args.cluster.aws, "monitoring.alerting.topic"), self
        )

    def _managed(self, topic: AlertTopic | None) -> ManagedPrometheus | None:
        if isinstance(self._args.spec.metrics, InClusterMetrics):
            return None
        from components.monitoring.managed_prometheus import ManagedPrometheus

        place = place_of(self._args.cluster.aws, "monitoring.metrics")
        return ManagedPrometheus(f"{self._name}-metrics", place, topic, self)

    def _alertmanager(self, topic: AlertTopic | None) -> KubernetesObject:
        spec = self._args.spec.alerting
        files: pulumi.Input[str]
        identities: list[pulumi.Resource] = []
        if topic is None:
            files = self._namespace.config("alertmanager", {"alertmanager.yml": alertmanager.configuration(spec)})
        else:
            region = place_of(self._args.cluster.aws, "monitoring.alerting.topic").region
            written = topic.arn.apply(lambda arn: alertmanager.configuration(spec, alertmanager.Topic(arn, region)))
            files = self._namespace.late_config("alertmanager", {"alertmanager.yml": written})
            identities.append(self._identity(alertmanager.APP, topic.rights(), "Alertmanager: publishes alerts"))
        self._namespace.account(alertmanager.APP)
        self._namespace.allow(alertmanager.APP, [alertmanager.PORT], [in_namespace(NAMESPACE)])
        return self._store(alertmanager.pod(spec, files), spec.storage, alertmanager.PORT, identities)

    def _prometheus(self, alerts_to: str, managed: ManagedPrometheus | None) -> KubernetesObject:
        spec = self._args.spec.metrics
        files: pulumi.Input[str]
        identities: list[pulumi.Resource] = []
        hooks = self._args.spec.hooks
        if managed is None:
            cluster = stem() if hooks != Hooks() else None
            written = prometheus.configuration(spec, alerts_to, None, hooks, cluster)
            files = self._namespace.config("prometheus", {"prometheus.yml": written})
        else:
            late = managed.remote_write().apply(lambda to: prometheus.configuration(spec, alerts_to, to, hooks))
            files = self._namespace.late_config("prometheus", {"prometheus.yml": late})
            identities.append(self._identity(prometheus.APP, managed.rights(), "Prometheus: hands samples on"))
        judged = groups(self._args.models, self._args.teams, self._args.spec.objective_days)
        rules = self._namespace.config("rules", rule_files(judged))
        self._read_access()
        self._namespace.allow(prometheus.APP, [prometheus.PORT], [in_namespace(NAMESPACE)])
        return self._store(prometheus.pod(spec, files, rules, hooks), spec.storage, prometheus.PORT, identities)

    def _identity(self, app: str, rights: Sequence[Statement], description: str) -> pulumi.Resource:
        place = place_of(self._args.cluster.aws, "monitoring")
        return pod_identity(
            f"{self._name}-{app}",
            place,
            namespace=NAMESPACE,
            service_account=app,
            statements=rights,
            description=description,
            parent=self,
        )

    def _read_access(self) -> None:
        """The account of Prometheus, and its right to see pods and services of every namespace."""
        self._namespace.account(prometheus.APP)
        metadata = {"name": "mlplatform-prometheus"}
        self._namespace.elsewhere(
            "prometheus-role",
            {
                "apiVersion": f"{_RBAC}/v1",
                "kind": "ClusterRole",
                "metadata": metadata,
                "rules": prometheus.permissions(),
            },
        )
        self._namespace.elsewhere(
            "prometheus-binding",
            {
                "apiVersion": f"{_RBAC}/v1",
                "kind": "ClusterRoleBinding",
                "metadata": metadata,
                "roleRef": {"apiGroup": _RBAC, "kind": "ClusterRole", **metadata},
                "subjects": [{"kind": "ServiceAccount", "name": prometheus.APP, "namespace": NAMESPACE}],
            },
        )

    def _grafana(self, address: str) -> tuple[pulumi.Output[str], pulumi.Output[str]] | tuple[None, None]:
        """Dashboards, and Grafana to show them where it is wanted: its address, and its administrator's password."""
        dashboards = self._namespace.config("dashboards", {f"{each.name}.json": each.json() for each in DASHBOARDS})
        spec = self._args.spec.dashboards
        if not spec.enabled:
            return None, None
        secret = password(f"{self._name}-grafana-password", self)
        mounted = self._namespace.secret("grafana", {"password": secret})
        files = self._namespace.config("grafana", grafana.provisioning(address))
        pod = grafana.pod(spec, files, dashboards, mounted)
        self._namespace.account(grafana.APP)
        host = self._namespace.service(grafana.APP, {"http": grafana.PORT})
        server = self._namespace.add(grafana.APP, "apps/v1", "Deployment", {"spec": deployment(pod, 1)})
        return server.urn.apply(lambda _: f"http://{host}:{grafana.PORT}"), secret

    def _gpu_exporter(self) -> None:
        room = PlatformNamespace(
            gpu_exporter.NAMESPACE,
            self,
            self._args.cluster,
            prefix=f"{self._name}-gpu",
            pod_security="privileged",
            depends_on=self._args.cluster.machines,
        )
        room.account(gpu_exporter.APP)
        room.allow(gpu_exporter.APP, [gpu_exporter.METRICS_PORT], [in_namespace(NAMESPACE)])
        counters = room.config("counters", {gpu_exporter.COUNTERS_FILE: gpu_exporter.counters()})
        body = {"spec": gpu_exporter.daemon_set(self._args.spec.gpu_exporter.size, counters)}
        room.add(gpu_exporter.APP, "apps/v1", "DaemonSet", body)

    def _container_logs(self) -> pulumi.Output[str] | None:
        spec = self._args.spec.logs
        if isinstance(spec, NodeLogs):
            return None
        from components.monitoring.container_logs import container_logs

        place = place_of(self._args.cluster.aws, "monitoring.logs")
        return container_logs(f"{self._name}-logs", spec, self._args.cluster, place, NAMESPACE, self)

    def _store(self, pod: Pod, storage: Storage, port: int, identities: Sequence[pulumi.Resource]) -> KubernetesObject:
        self._namespace.service(pod.app, {"http": port})
        body = {"spec": stateful_set(pod, "data", storage)}
        return self._namespace.add(pod.app, "apps/v1", "StatefulSet", body, depends_on=identities)
