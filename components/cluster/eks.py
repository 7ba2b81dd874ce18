"""A cluster on AWS with everything that it needs: network, keys, control plane, nodes, and what starts more of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pulumi

from components._cloud import AwsPlace, aws_account
from components._keys import LOGS, customer_key
from components.cluster import _control_plane, _system_nodes
from components.cluster._addons import Addons
from components.cluster._provider import kubernetes_provider
from components.cluster.hybrid import HybridNodes, HybridNodesArgs
from components.cluster.karpenter import Karpenter, KarpenterArgs
from components.cluster.network import Network, NetworkArgs

if TYPE_CHECKING:
    from pulumi_aws import eks, kms
    from pulumi_kubernetes import Provider

    from components._cloud import AwsAccount
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
        logs = customer_key(f"{name}-logs", account, purpose=f"Logs of {cluster_name}", services=[LOGS], parent=self)
        self.network = Network(f"{name}-network", NetworkArgs(spec.network, account, cluster_name, logs.arn), self._own)
        cluster = _control_plane.create(name, cluster_name, spec, account, self.network, logs, self)
        let_in = _control_plane.grant(name, cluster, spec.access, account, self)
        self.aws = self._place(account, cluster, logs)
        self.name, self.arn, self.endpoint = cluster.name, cluster.arn, cluster.endpoint
        self.kubeconfig = _control_plane.kubeconfig(cluster, spec.region)
        self._nodes(cluster, let_in)
        self._more_nodes()
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

    def _nodes(self, cluster: eks.Cluster, let_in: list[pulumi.Resource]) -> None:
        spec = self._args.spec
        addons = Addons(self._name, cluster, spec, self.aws, self)
        nodes = _system_nodes.create(self._name, spec, self.aws, self, addons.before_nodes())
        ready = addons.on_nodes(nodes)
        self.provider = kubernetes_provider(
            self._name,
            self.kubeconfig,
            cluster_identifier=cluster.arn,
            requests_per_second=spec.requests_per_second,
            # What runs in the cluster needs all of it to come, and to be taken away again.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[*let_in, nodes, *ready]),
        )
        addons.storage_class(self.provider)

    def _more_nodes(self) -> None:
        spec, name = self._args.spec, self._name
        karpenter = KarpenterArgs(spec, self, self.aws, self.endpoint, self._args.capacity)
        self.node_pools = Karpenter(f"{name}-karpenter", karpenter, self._own).node_pools
        if spec.hybrid:
            hybrid = HybridNodesArgs(spec.hybrid, self, self.aws, self.arn)
            self.hybrid = HybridNodes(f"{name}-hybrid", hybrid, self._own)
