"""A cluster on AWS with everything that it needs: network, keys, control plane, nodes, and what starts more of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pulumi
from pulumi_kubernetes import Provider  # noqa: TC002 (the SDK evaluates a component's annotations)

from components.aws.keys import LOGS, customer_key
from components.aws.place import AwsPlace, aws_account
from components.cluster import _control_plane, _offers, _system_nodes
from components.cluster._addons import Addons
from components.cluster._provider import kubernetes_provider
from components.cluster.hybrid import HybridNodes, HybridNodesArgs
from components.cluster.karpenter import Karpenter, KarpenterArgs
from components.cluster.network import Network, NetworkArgs

if TYPE_CHECKING:
    from pulumi_aws import eks, kms

    from components.aws.place import AwsAccount
    from components.capacity import Capacity
    from components.specs.cluster import EksClusterSpec


@dataclass(frozen=True)
class EksClusterArgs:
    """Inputs of an EksCluster."""

    spec: EksClusterSpec
    """What the stack file says of the cluster."""
    capacity: Capacity
    """Pools of GPU nodes, and the teams that share them."""


class EksCluster(pulumi.ComponentResource):
    """An Amazon EKS cluster that only named roles reach, whose logs and secrets are encrypted with keys of its own, and
    which has nodes for whatever waits for one.

    What is put on it by way of `provider` is removed before its nodes are, and those before its network. Unless the
    stack is disposable, destroy refuses cluster, keys and logs.

    Raises pulumi.RunError for zones and machines that AWS does not offer in the region, and for subnets that the VPC
    does not have.
    """

    provider: Provider
    keep_crds: bool
    aws: AwsPlace
    network: Network
    name: pulumi.Output[str]
    """What AWS' API calls it."""
    arn: pulumi.Output[str]
    endpoint: pulumi.Output[str]
    """Address of its API server."""
    kubeconfig: pulumi.Output[str]
    """For kubectl; without a secret, and of use to roles that the stack file lets in."""
    machines: tuple[pulumi.Resource, ...] = ()
    """Karpenter, who buys them."""
    node_pools: pulumi.Output[list[str]]
    """Karpenter's pools of nodes."""
    hybrid: HybridNodes | None = None
    """Machines of one's own; absent where the stack file names none."""

    def __init__(self, name: str, args: EksClusterArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("mlplatform:index:EksCluster", name, None, opts)
        self._name, self._args, self._own = name, args, pulumi.ResourceOptions(parent=self)
        spec = args.spec
        cluster_name = spec.name or f"{pulumi.get_project()}-{pulumi.get_stack()}"
        self.keep_crds = not spec.disposable
        account = aws_account(name, spec, self)
        _offers.check_network(spec, account, self)
        zones = _offers.zones(spec, account, self)
        _offers.check(spec, args.capacity.pools, zones, account, self)
        logs = customer_key(f"{name}-logs", account, purpose=f"Logs of {cluster_name}", services=[LOGS], parent=self)
        self.network = Network(
            f"{name}-network", NetworkArgs(spec.network, account, zones, cluster_name, logs.arn), self._own
        )
        cluster = _control_plane.create(name, cluster_name, spec, account, self.network, logs, self)
        let_in = _control_plane.grant(name, cluster, spec.access, account, self)
        self.aws = self._place(account, cluster, logs)
        self.name, self.arn, self.endpoint = cluster.name, cluster.arn, cluster.endpoint
        self.kubeconfig = _control_plane.kubeconfig(cluster, spec.region)
        addons = Addons(name, cluster, spec, self.aws, self)
        ready = self._nodes(cluster, addons, let_in)
        self.provider = self._way_in(name, cluster, ready)
        addons.storage_class(self.provider)
        karpenter = KarpenterArgs(spec, self, self.aws, self.endpoint, args.capacity)
        buyer = Karpenter(f"{name}-karpenter", karpenter, self._own)
        self.node_pools, self.machines = buyer.node_pools, (buyer,)
        self.register_outputs({"name": self.name, "endpoint": self.endpoint, "kubeconfig": self.kubeconfig})

    def _place(self, account: AwsAccount, cluster: eks.Cluster, log_key: kms.Key) -> AwsPlace:
        return AwsPlace(
            **vars(account),
            cluster_name=cluster.name,
            vpc_id=self.network.vpc_id,
            private_subnet_ids=self.network.private_subnet_ids,
            # EKS' own: control plane, system nodes and Karpenter's all have it.
            node_security_group_id=cluster.vpc_config.apply(lambda config: config.cluster_security_group_id or ""),
            log_key_arn=log_key.arn,
        )

    def _nodes(self, cluster: eks.Cluster, addons: Addons, let_in: list[pulumi.Resource]) -> list[pulumi.Resource]:
        """What must be there before anything runs in the cluster, and be removed after it."""
        nodes = _system_nodes.create(self._name, self._args.spec, self.aws, self, addons.before_nodes())
        ready = [*let_in, nodes, *addons.on_nodes(nodes)]
        if hybrid := self._args.spec.hybrid:
            plain = _PlainCluster(self._way_in(f"{self._name}-plain", cluster, ready), self.keep_crds)
            machines = HybridNodesArgs(hybrid, plain, self.aws, self.arn)
            self.hybrid = HybridNodes(f"{self._name}-hybrid", machines, self._own)
            ready.append(self.hybrid)
        return ready

    def _way_in(self, name: str, cluster: eks.Cluster, ready: list[pulumi.Resource]) -> Provider:
        return kubernetes_provider(
            name,
            self.kubeconfig,
            cluster_identifier=cluster.arn,
            requests_per_second=self._args.spec.requests_per_second,
            opts=pulumi.ResourceOptions(parent=self, depends_on=ready),
        )


@dataclass(frozen=True)
class _PlainCluster:
    """The cluster before it has all that pods need."""

    provider: Provider
    keep_crds: bool
    machines: tuple[pulumi.Resource, ...] = ()
    aws: None = None
