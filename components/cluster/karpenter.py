"""Nodes that come when pods wait for them and go when nobody needs them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pulumi
from pulumi_aws import cloudwatch, ec2, eks, iam, sqs

from components._versions import IMAGES
from components.aws.identity import pod_identity, policy
from components.cluster import _efa, _karpenter_rights, _node_pools
from components.cluster._system_nodes import node_role
from components.kubernetes import chart
from components.kubernetes.namespace import PlatformNamespace, in_namespace, selector
from components.kubernetes.objects import KubernetesObject
from components.specs.network import NewNetworkSpec

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pulumi_kubernetes.helm.v4 import Chart

    from components.aws.place import AwsPlace
    from components.capacity import Capacity
    from components.kubernetes.cluster import Cluster
    from components.specs.cluster import EksClusterSpec

NAMESPACE: Final = "karpenter"
_ACCOUNT: Final = "karpenter"
_METRICS_PORT: Final = 8080
_INTERRUPTIONS: Final = {
    "health": ("aws.health", "AWS Health Event"),
    "spot": ("aws.ec2", "EC2 Spot Instance Interruption Warning"),
    "rebalance": ("aws.ec2", "EC2 Instance Rebalance Recommendation"),
    "state": ("aws.ec2", "EC2 Instance State-change Notification"),
    "reservation": ("aws.ec2", "EC2 Capacity Reservation Instance Interruption Warning"),
}
"""Events that tell of a machine's end before it comes, by source and type."""
_SELF: Final = {"matchLabels": selector("karpenter")}
_SPREAD: Final = {
    # The chart insists on a node and a zone for each copy: where one is lost, none that is new would start.
    "affinity": {
        "podAntiAffinity": {
            "requiredDuringSchedulingIgnoredDuringExecution": [],
            "preferredDuringSchedulingIgnoredDuringExecution": [
                {
                    "weight": 100,
                    "podAffinityTerm": {"topologyKey": "kubernetes.io/hostname", "labelSelector": _SELF},
                }
            ],
        }
    },
    "topologySpreadConstraints": [
        {
            "maxSkew": 1,
            "topologyKey": "topology.kubernetes.io/zone",
            "whenUnsatisfiable": "ScheduleAnyway",
            "labelSelector": _SELF,
        }
    ],
}


@dataclass(frozen=True)
class KarpenterArgs:
    """Inputs of a Karpenter."""

    spec: EksClusterSpec
    """What the stack file says of the cluster."""
    cluster: Cluster
    """The way to its API server; system nodes run there already."""
    place: AwsPlace
    """Where the machines are started."""
    endpoint: pulumi.Input[str]
    """Address of the API server, which nodes join at."""
    capacity: Capacity
    """Pools, and the teams whose other pods need nodes too."""


class Karpenter(pulumi.ComponentResource):
    """Every pool of the stack file that is in the cloud has nodes when pods wait for them, never more than the pool
    has, and none when nobody does. A node whose machine is about to be taken away is emptied before."""

    node_role_arn: pulumi.Output[str]
    """The role of the machines that it starts."""
    node_pools: pulumi.Output[list[str]]
    """Names of its NodePools."""

    def __init__(self, name: str, args: KarpenterArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("mlplatform:index:Karpenter", name, None, opts)
        self._name, self._args = name, args
        self._options = args.place.options(self)
        role, joins = self._node_role()
        profile = iam.InstanceProfile(f"{name}-node", role=role.name, opts=self._options)
        queue, told = self._queue()
        rights = _karpenter_rights.statements(args.place, role.arn, profile.arn, queue.arn)
        identity = pod_identity(
            name,
            args.place,
            namespace=NAMESPACE,
            service_account=_ACCOUNT,
            statements=rights,
            description="Starts and ends the cluster's machines",
            parent=self,
        )
        controller = self._controller(queue, [identity, profile, *joins, *told])
        around = _node_pools.Surroundings(
            profile.name, args.place.private_subnet_ids, args.place.node_security_group_id, args.place.tags
        )
        self.node_role_arn = role.arn
        self.node_pools = pulumi.Output.all(*self._pools(around, controller))
        self.register_outputs({"node_role_arn": self.node_role_arn, "node_pools": self.node_pools})

    def _node_role(self) -> tuple[iam.Role, list[pulumi.Resource]]:
        place = self._args.place
        role, rights = node_role(f"{self._name}-node", place, "Machines that Karpenter starts", self)
        entry = eks.AccessEntry(
            f"{self._name}-node",
            cluster_name=place.cluster_name,
            principal_arn=role.arn,
            type="EC2_LINUX",
            opts=self._options,
        )
        return role, [entry, *rights]

    def _queue(self) -> tuple[sqs.Queue, list[pulumi.Resource]]:
        """Where Karpenter hears of interruptions, and what must be there for anything to arrive."""
        queue = sqs.Queue(self._name, message_retention_seconds=300, sqs_managed_sse_enabled=True, opts=self._options)
        parts: list[pulumi.Resource] = []
        rules: list[pulumi.Output[str]] = []
        for event, (source, kind) in _INTERRUPTIONS.items():
            name = f"{self._name}-{event}"
            pattern = json.dumps({"source": [source], "detail-type": [kind]})
            rule = cloudwatch.EventRule(name, event_pattern=pattern, description=kind, opts=self._options)
            parts.append(cloudwatch.EventTarget(name, rule=rule.name, arn=queue.arn, opts=self._options))
            rules.append(rule.arn)
        access = policy(_may_write(queue, rules))
        parts.append(sqs.QueuePolicy(self._name, queue_url=queue.url, policy=access, opts=self._options))
        return queue, parts

    def _controller(self, queue: sqs.Queue, depends_on: Sequence[pulumi.Resource]) -> Chart:
        cluster = self._args.cluster
        namespace = PlatformNamespace(NAMESPACE, self, cluster, prefix=self._name)
        namespace.allow("karpenter", [_METRICS_PORT], [in_namespace("monitoring")])
        made = namespace.resource.urn.apply(lambda _: NAMESPACE)
        definitions = chart.definitions(
            f"{self._name}-definitions", "karpenter-crd", cluster, namespace=made, parent=self
        )
        return chart.objects(
            f"{self._name}-controller",
            "karpenter",
            cluster,
            namespace=made,
            parent=self,
            values=self._values(queue),
            depends_on=[definitions, *depends_on],
        )

    def _values(self, queue: sqs.Queue) -> dict[str, Any]:
        spec, image = self._args.spec, IMAGES["karpenter"]
        network = spec.network
        return {
            "replicas": spec.karpenter.replicas,
            "serviceAccount": {"name": _ACCOUNT},
            **_SPREAD,
            "podAnnotations": {"prometheus.io/scrape": "true", "prometheus.io/port": str(_METRICS_PORT)},
            "controller": {
                "image": {"repository": image.repository, "tag": image.tag, "digest": image.digest or ""},
                "resources": spec.karpenter.size.resources(),
                "env": [{"name": "AWS_REGION", "value": spec.region}],
                "metrics": {"port": _METRICS_PORT},
            },
            "settings": {
                "clusterName": self._args.place.cluster_name,
                "clusterEndpoint": self._args.endpoint,
                "eksControlPlane": True,
                "interruptionQueue": queue.name,
                "isolatedVPC": isinstance(network, NewNetworkSpec) and network.nat == "none",
                # What the node monitoring agent finds broken is replaced; nothing else would do it.
                "featureGates": {"nodeRepair": True},
            },
        }

    def _pools(self, around: _node_pools.Surroundings, controller: Chart) -> list[pulumi.Input[str]]:
        """NodePools go before the controller, which ends their machines, and node classes after their pools."""
        capacity, general = self._args.capacity, self._args.spec.general_nodes
        names: list[pulumi.Input[str]] = []
        for pool in capacity.pools:
            if pool.aws is None:
                continue
            machine = _node_pools.node_class(
                pool.name,
                around,
                pool.aws.disk_gib,
                reservation_ids=pool.aws.reservation_ids,
                placement_group=self._placement_group(pool.name) if pool.aws.placement_group else None,
            )
            names.append(self._pool(machine, _node_pools.gpu_pool(pool, pool.aws), controller))
        if capacity.teams:
            machine = _node_pools.node_class(_node_pools.GENERAL, around, general.disk_gib)
            names.append(self._pool(machine, _node_pools.general_pool(general, capacity.teams), controller))
        if any(pool.aws and pool.aws.efa for pool in capacity.pools):
            _efa.device_plugin(self._name, self._args.cluster, self)
        return names

    def _pool(self, machine: dict[str, Any], pool: dict[str, Any], controller: Chart) -> pulumi.Output[str]:
        name = pool["metadata"]["name"]
        made = self._object(f"{name}-machines", machine, controller)
        return self._object(f"{name}-pool", pool, controller, made).id

    def _object(self, name: str, manifest: dict[str, Any], *depends_on: pulumi.Resource) -> KubernetesObject:
        opts = pulumi.ResourceOptions(parent=self, provider=self._args.cluster.provider, depends_on=list(depends_on))
        return KubernetesObject(f"{self._name}-{name}", manifest, opts)

    def _placement_group(self, pool: str) -> pulumi.Output[str]:
        name = f"{self._name}-{pool}"
        return ec2.PlacementGroup(name, strategy="cluster", opts=self._options).name


def _may_write(queue: sqs.Queue, rules: list[pulumi.Output[str]]) -> list[dict[str, Any]]:
    secure = {"Bool": {"aws:SecureTransport": "false"}}
    return [
        {
            "Effect": "Allow",
            "Principal": {"Service": "events.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": queue.arn,
            "Condition": {"ArnEquals": {"aws:SourceArn": pulumi.Output.all(*rules)}},
        },
        {"Effect": "Deny", "Principal": "*", "Action": "sqs:*", "Resource": queue.arn, "Condition": secure},
    ]
