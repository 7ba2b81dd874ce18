"""Logs of containers in Amazon CloudWatch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi

from components.aws.identity import pod_identity
from components.aws.log_group import log_group
from components.aws.names import stem
from components.kubernetes.namespace import PlatformNamespace, in_namespace
from components.monitoring import fluent_bit

if TYPE_CHECKING:
    from components.aws.place import AwsPlace
    from components.kubernetes.cluster import Cluster
    from components.specs.monitoring_stack import CloudWatchLogs

_WRITE = ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]


def container_logs(
    name: str, spec: CloudWatchLogs, cluster: Cluster, place: AwsPlace, read_from: str, parent: pulumi.Resource
) -> pulumi.Output[str]:
    """A collector on each node, whose own metrics the namespace `read_from` may read; the name of the log group."""
    path = f"/{stem()}/containers"
    group = log_group(name, place, path, key_arn=place.log_key_arn, parent=parent)
    streams = pulumi.Output.concat(group.arn, ":*")
    room = PlatformNamespace(
        fluent_bit.NAMESPACE, parent, cluster, prefix=name, pod_security="privileged", depends_on=cluster.machines
    )
    room.account(fluent_bit.APP)
    room.allow(fluent_bit.APP, [fluent_bit.METRICS_PORT], [in_namespace(read_from)])
    identity = pod_identity(
        name,
        place,
        namespace=fluent_bit.NAMESPACE,
        service_account=fluent_bit.APP,
        statements=[{"Sid": "Write", "Effect": "Allow", "Action": _WRITE, "Resource": [group.arn, streams]}],
        description="Fluent Bit: hands logs of containers on",
        parent=parent,
    )
    files = room.config("fluent-bit", {"fluent-bit.yaml": fluent_bit.configuration(place.region, path)})
    body = {"spec": fluent_bit.daemon_set(spec.size, files)}
    room.add(fluent_bit.APP, "apps/v1", "DaemonSet", body, depends_on=[identity])
    return group.name
