"""Machines of one's own as nodes of an EKS cluster: how they prove who they are, and what connects their pods."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pulumi
from pulumi_aws import eks, rolesanywhere, ssm, vpc

from components._versions import IMAGES
from components.aws.identity import Statement, policy, service_role
from components.capacity import HYBRID_LABEL
from components.kubernetes import chart
from components.specs.hybrid import CertificateIdentity
from components.specs.size import Size

if TYPE_CHECKING:
    from pulumi_aws import iam

    from components.aws.place import AwsPlace
    from components.kubernetes.cluster import Cluster
    from components.specs.hybrid import ActivationIdentity, HybridSpec

_NODE_PORTS: Final = (("https", "tcp", 443), ("dns", "udp", 53), ("dns-tcp", "tcp", 53))
_AGENT: Final = Size(cpu_millicores=200, cpu_limit_millicores=4000, memory_mib=1024)
_SET_UP: Final = Size(cpu_millicores=50, cpu_limit_millicores=1000, memory_mib=256)
_OPERATOR: Final = Size(cpu_millicores=50, cpu_limit_millicores=1000, memory_mib=256)


@dataclass(frozen=True)
class HybridNodesArgs:
    """Inputs of HybridNodes."""

    spec: HybridSpec
    """What the stack file says of the machines."""
    cluster: Cluster
    """The way to the API server, where the network plugin is installed. To be another one than that of other objects,
    which need the plugin to come and to be taken away again."""
    place: AwsPlace
    """Where the machines' identity is."""
    cluster_arn: pulumi.Output[str]
    """The cluster that they join."""


class HybridNodes(pulumi.ComponentResource):
    """A machine that proves who it is becomes a node; it can be that of this cluster and nothing else."""

    role_arn: pulumi.Output[str]
    """The role that the machines have; part of their configuration."""
    registration: pulumi.Output[dict[str, str]]
    """What a machine is configured with to prove who it is: `activation_id` and `activation_code` (a secret), or
    `trust_anchor_arn` and `profile_arn`."""

    def __init__(self, name: str, args: HybridNodesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("mlplatform:index:HybridNodes", name, None, opts)
        self._name, self._args = name, args
        self._options = args.place.options(self)
        own = args.spec.identity
        role = self._certificates(own) if isinstance(own, CertificateIdentity) else self._activation(own)
        self.role_arn = role.arn
        eks.AccessEntry(
            name,
            cluster_name=args.place.cluster_name,
            principal_arn=role.arn,
            type="HYBRID_LINUX",
            opts=self._options,
        )
        self._let_in()
        if args.spec.cni == "cilium":
            self._cilium()
        self.register_outputs({"role_arn": self.role_arn, "registration": self.registration})

    def _activation(self, identity: ActivationIdentity) -> iam.Role:
        place = self._args.place
        tag = {"EKSClusterARN": self._args.cluster_arn}
        managers = pulumi.Output.concat("arn:", place.partition, f":ssm:{place.region}:", place.account_id, ":*")
        from_here = {
            "StringEquals": {"aws:SourceAccount": place.account_id},
            "ArnEquals": {"aws:SourceArn": managers},
        }
        machines = pulumi.Output.concat(
            "arn:", place.partition, f":ssm:{place.region}:", place.account_id, ":managed-instance/*"
        )
        own = {"StringEquals": {"ssm:resourceTag/EKSClusterARN": self._args.cluster_arn}}
        leave: list[Statement] = [
            {"Effect": "Allow", "Action": "ssm:DescribeInstanceInformation", "Resource": "*"},
            {"Effect": "Allow", "Action": "ssm:DeregisterManagedInstance", "Resource": machines, "Condition": own},
        ]
        trust = policy([_trusted("ssm.amazonaws.com", ["sts:AssumeRole"], from_here)])
        role = self._role(trust, leave, ["AmazonSSMManagedInstanceCore"])
        activation = ssm.Activation(
            self._name,
            iam_role=role.name,
            registration_limit=identity.registration_limit,
            description="Machines that join the cluster",
            tags=tag,
            opts=pulumi.ResourceOptions.merge(
                self._options, pulumi.ResourceOptions(additional_secret_outputs=["activationCode"])
            ),
        )
        code: pulumi.Output[str] = pulumi.Output.secret(activation.activation_code)
        self.registration = pulumi.Output.all(activation_id=activation.id, activation_code=code)
        return role

    def _certificates(self, identity: CertificateIdentity) -> iam.Role:
        """A machine has the role in the session that its certificate's common name names, and in no other."""
        anchor = rolesanywhere.TrustAnchor(
            self._name,
            name=self._name,
            enabled=True,
            source={
                "source_type": "CERTIFICATE_BUNDLE",
                "source_data": {"x509_certificate_data": identity.ca_certificate},
            },
            opts=self._options,
        )
        ours = {"ArnEquals": {"aws:SourceArn": anchor.arn}}
        named = {**ours, "StringEquals": {"sts:RoleSessionName": "${aws:PrincipalTag/x509Subject/CN}"}}
        service = "rolesanywhere.amazonaws.com"
        trust = policy(
            [
                _trusted(service, ["sts:TagSession", "sts:SetSourceIdentity"], ours),
                _trusted(service, ["sts:AssumeRole"], named),
            ]
        )
        role = self._role(trust, [], [])
        profile = rolesanywhere.Profile(
            self._name,
            name=self._name,
            enabled=True,
            role_arns=[role.arn],
            accept_role_session_name=True,  # the session is named after the node
            opts=self._options,
        )
        self.registration = pulumi.Output.all(trust_anchor_arn=anchor.arn, profile_arn=profile.arn)
        return role

    def _role(self, trust: pulumi.Output[str], statements: list[Statement], managed: list[str]) -> iam.Role:
        cluster = self._args.cluster_arn
        role, _ = service_role(
            self._name,
            self._args.place,
            trust,
            description="Machines of our own that are nodes of the cluster",
            parent=self,
            statements=[
                # nodeadm looks whether the machine's role may enter before it begins.
                {"Effect": "Allow", "Action": ["eks:DescribeCluster", "eks:ListAccessEntries"], "Resource": cluster},
                {"Effect": "Allow", "Action": "eks-auth:AssumeRoleForPodIdentity", "Resource": cluster},
                *statements,
            ],
            managed=["AmazonEC2ContainerRegistryPullOnly", *managed],
        )
        return role

    def _let_in(self) -> None:
        """Kubelets reach the API server and names; pods reach pods, which network policies of theirs narrow down."""
        for i, cidr in enumerate(self._args.spec.node_cidrs):
            for purpose, protocol, port in _NODE_PORTS:
                self._ingress(f"node-{i}-{purpose}", cidr, f"{purpose} from machines of our own", protocol, port)
        for i, cidr in enumerate(self._args.spec.pod_cidrs):
            self._ingress(f"pod-{i}", cidr, "Pods on machines of our own", "-1", None)

    def _ingress(self, part: str, cidr: str, description: str, protocol: str, port: int | None) -> None:
        vpc.SecurityGroupIngressRule(
            f"{self._name}-{part}",
            security_group_id=self._args.place.node_security_group_id,
            description=description,
            cidr_ipv4=cidr,
            ip_protocol=protocol,
            from_port=port,
            to_port=port,
            opts=self._options,
        )

    def _cilium(self) -> None:
        chart.objects(
            f"{self._name}-cilium",
            "cilium",
            self._args.cluster,
            namespace="kube-system",
            parent=self,
            values=_cilium_values(self._args.spec),
        )


def _cilium_values(spec: HybridSpec) -> dict[str, Any]:
    """As AWS documents it for hybrid nodes (userguide/hybrid-nodes-cni): there and nowhere else."""
    hybrid = {"key": HYBRID_LABEL, "operator": "In", "values": ["hybrid"]}
    terms = {"nodeSelectorTerms": [{"matchExpressions": [hybrid]}]}
    there = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": terms}}
    pool = {"clusterPoolIPv4MaskSize": spec.pod_block_prefix, "clusterPoolIPv4PodCIDRList": list(spec.pod_cidrs)}
    return {
        "affinity": there,
        "image": {"override": IMAGES["cilium"].reference},
        "resources": _AGENT.resources(),
        "initResources": _SET_UP.resources(),
        "ipam": {"mode": "cluster-pool", "operator": pool},
        "operator": {
            "affinity": there,
            "tolerations": [{"operator": "Exists"}],  # machines may all have GPUs, and have no network without it
            "image": {"override": IMAGES["cilium-operator"].reference},
            # Its pods wait for the first machine, which cannot join before this has come to its end.
            "annotations": {"pulumi.com/skipAwait": "true"},
            "resources": _OPERATOR.resources(),
            "unmanagedPodWatcher": {"restart": False},  # pods on AWS' machines are another plugin's
        },
        "secretsNamespaceLabels": {
            f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "audit", "warn")
        },
        # Neither flow logs nor a proxy: both would bring certificates of their own.
        "envoy": {"enabled": False},
        "hubble": {"enabled": False},
    }


def _trusted(service: str, actions: list[str], condition: dict[str, Any]) -> Statement:
    return {"Effect": "Allow", "Principal": {"Service": service}, "Action": actions, "Condition": condition}
