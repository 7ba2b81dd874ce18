"""Parts of Kubernetes that AWS maintains, in pinned versions."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import pulumi
from pulumi_aws import eks

from components.aws.identity import Statement, pod_identity
from components.aws.keys import customer_key
from components.kubernetes.objects import KubernetesObject
from components.specs.eks_versions import Addon, addon_version

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pulumi_aws import kms
    from pulumi_kubernetes import Provider

    from components.aws.place import AwsPlace
    from components.specs.cluster import EksClusterSpec

_SYSTEM: Final = "kube-system"
_FSX: Final = [
    "fsx:CreateFileSystem",
    "fsx:DeleteFileSystem",
    "fsx:DescribeFileSystems",
    "fsx:TagResource",
    "fsx:UpdateFileSystem",
]


class Addons:
    """The add-ons of one cluster, in two parts: what nodes need to become ready, and what needs nodes."""

    def __init__(
        self, name: str, cluster: eks.Cluster, spec: EksClusterSpec, place: AwsPlace, parent: pulumi.Resource
    ) -> None:
        self._name, self._cluster, self._spec, self._place, self._parent = name, cluster, spec, place, parent
        self._volumes = customer_key(f"{name}-volumes", place, purpose="Volumes of pods", parent=parent)

    def before_nodes(self) -> list[pulumi.Resource]:
        """Network, services and credentials of pods."""
        network = pod_identity(
            f"{self._name}-vpc-cni",
            self._place,
            namespace=_SYSTEM,
            service_account="aws-node",
            managed=["AmazonEKS_CNI_Policy"],
            description="Gives pods addresses of the VPC",
            parent=self._parent,
        )
        # Machines of one's own have no metadata service to ask; there the agent reads a file that nodeadm keeps.
        elsewhere = {"daemonsets": {"hybrid": {"create": True}}} if self._spec.hybrid else None
        return [
            self._addon("eks-pod-identity-agent", values=elsewhere),
            self._addon("kube-proxy"),
            self._addon("vpc-cni", network, values=self._network_values()),
        ]

    def on_nodes(self, nodes: eks.NodeGroup) -> list[pulumi.Resource]:
        """Names, volumes, certificates of webhooks, and watching over nodes."""
        volumes = pod_identity(
            f"{self._name}-ebs-csi",
            self._place,
            namespace=_SYSTEM,
            service_account="ebs-csi-controller-sa",
            managed=["service-role/AmazonEBSCSIDriverPolicy"],
            statements=_may_encrypt(self._volumes),
            description="Makes volumes for pods",
            parent=self._parent,
        )
        tags = {"controller": {"extraVolumeTags": dict(self._place.tags)}}
        return [
            self._addon("coredns", nodes),
            self._addon("cert-manager", nodes),
            self._addon("aws-ebs-csi-driver", nodes, volumes, values=tags),
            self._addon("eks-node-monitoring-agent", nodes),
            *(self._lustre(nodes) if self._spec.addons.fsx_lustre else ()),
        ]

    def storage_class(self, provider: Provider) -> KubernetesObject:
        """What a volume is when nobody says what it should be: SSD, encrypted with a key of the stack's own."""
        manifest = {
            "apiVersion": "storage.k8s.io/v1",
            "kind": "StorageClass",
            "metadata": {"name": "gp3", "annotations": {"storageclass.kubernetes.io/is-default-class": "true"}},
            "provisioner": "ebs.csi.aws.com",
            "parameters": {"type": "gp3", "encrypted": "true", "kmsKeyId": self._volumes.arn},
            "volumeBindingMode": "WaitForFirstConsumer",  # in the zone of the pod's node
            "allowVolumeExpansion": True,
            # Whoever deletes a claim by mistake can have the data back.
            "reclaimPolicy": "Delete" if self._place.disposable else "Retain",
        }
        # A class is only read when a volume is made, and cannot be changed: another one takes its name.
        opts = pulumi.ResourceOptions(
            parent=self._parent,
            provider=provider,
            replace_on_changes=["parameters", "reclaimPolicy"],
            delete_before_replace=True,
        )
        return KubernetesObject(f"{self._name}-storage-class", manifest, opts)

    def _network_values(self) -> dict[str, Any]:
        # A block of addresses at a time: else a small machine has room for a few pods only.
        environment = {"ENABLE_PREFIX_DELEGATION": "true", "WARM_PREFIX_TARGET": "1"}
        if hybrid := self._spec.hybrid:
            # Machines of one's own answer pods, not the nodes that these are on.
            environment["AWS_VPC_K8S_CNI_EXCLUDE_SNAT_CIDRS"] = ",".join([*hybrid.node_cidrs, *hybrid.pod_cidrs])
        return {"enableNetworkPolicy": "true", "env": environment}

    def _lustre(self, nodes: eks.NodeGroup) -> list[pulumi.Resource]:
        identity = pod_identity(
            f"{self._name}-fsx-csi",
            self._place,
            namespace=_SYSTEM,
            service_account="fsx-csi-controller-sa",
            statements=[{"Effect": "Allow", "Action": _FSX, "Resource": "*"}],
            description="Makes Lustre file systems for pods",
            parent=self._parent,
        )
        return [self._addon("aws-fsx-csi-driver", nodes, identity)]

    def _addon(self, addon: Addon, *depends_on: pulumi.Resource, values: Mapping[str, Any] | None = None) -> eks.Addon:
        version = self._spec.addons.versions.get(addon) or addon_version(addon, self._spec.kubernetes_version)
        return eks.Addon(
            f"{self._name}-{addon}",
            cluster_name=self._cluster.name,
            addon_name=addon,
            addon_version=version,
            configuration_values=json.dumps(values, sort_keys=True) if values else None,
            # The stack file decides; what somebody changed in the cluster is put right.
            resolve_conflicts_on_create="OVERWRITE",
            resolve_conflicts_on_update="OVERWRITE",
            opts=self._place.options(self._parent, *depends_on),
        )


def _may_encrypt(key: kms.Key) -> list[Statement]:
    use = ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"]
    for_a_volume = {"Bool": {"kms:GrantIsForAWSResource": "true"}}
    return [
        {"Effect": "Allow", "Action": use, "Resource": key.arn},
        {"Effect": "Allow", "Action": "kms:CreateGrant", "Resource": key.arn, "Condition": for_a_volume},
    ]
