"""Examples of EKS."""

from __future__ import annotations

from tests.aws.examples._example import TAGS, Example

CLUSTERS = [
    Example(
        "aws:eks/cluster:Cluster",
        {
            "roleArn": "$cluster-role.arn",
            "version": "1.34",
            "vpcConfig": {
                "subnetIds": ["$subnet", "$subnet-b"],
                "endpointPrivateAccess": True,
                "endpointPublicAccess": False,
                "securityGroupIds": ["$group"],
            },
            "accessConfig": {"authenticationMode": "API", "bootstrapClusterCreatorAdminPermissions": False},
            "enabledClusterLogTypes": ["api", "audit"],
            "encryptionConfig": {"provider": {"keyArn": "$key.arn"}, "resources": ["secrets"]},
            "kubernetesNetworkConfig": {"serviceIpv4Cidr": "172.20.0.0/16"},
            "remoteNetworkConfig": {"remoteNodeNetworks": {"cidrs": ["192.168.0.0/16"]}},
            "deletionProtection": True,
            "tags": TAGS,
        },
        {"enabledClusterLogTypes": ["api"], "deletionProtection": False},
        {"roleArn": "$role.arn"},
        gaps=("accessConfig", "deletionProtection"),
    ),
    Example(
        "aws:eks/nodeGroup:NodeGroup",
        {
            "clusterName": "$cluster",
            "nodeRoleArn": "$role.arn",
            "subnetIds": ["$subnet"],
            "scalingConfig": {"minSize": 2, "maxSize": 4, "desiredSize": 2},
            "instanceTypes": ["m6i.large"],
            "amiType": "AL2023_x86_64_STANDARD",
            "labels": {"role": "system"},
            "taints": [{"key": "system", "value": "true", "effect": "NO_SCHEDULE"}],
            "updateConfig": {"maxUnavailable": 1},
            "tags": TAGS,
        },
        {"scalingConfig": {"minSize": 2, "maxSize": 6, "desiredSize": 2}, "labels": {}},
        {"instanceTypes": ["m6i.xlarge"]},
        gaps=("updateConfig",),
    ),
    Example(
        "aws:eks/addon:Addon",
        {
            "clusterName": "$cluster",
            "addonName": "vpc-cni",
            "addonVersion": "v1.20.4-eksbuild.1",
            "configurationValues": "{}",
            "resolveConflictsOnCreate": "OVERWRITE",
            "tags": TAGS,
        },
        {"addonVersion": "v1.21.0-eksbuild.1"},
        {"addonName": "coredns"},
        recorded=True,
    ),
    Example(
        "aws:eks/accessEntry:AccessEntry",
        {"clusterName": "$cluster", "principalArn": "$role.arn", "type": "STANDARD", "tags": TAGS},
        {"kubernetesGroups": ["admins"]},
        {"type": "HYBRID_LINUX"},
        recorded=True,
    ),
    Example(
        "aws:eks/accessPolicyAssociation:AccessPolicyAssociation",
        {
            "clusterName": "$cluster",
            "principalArn": "$role.arn",
            "policyArn": "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy",
            "accessScope": {"type": "cluster"},
        },
        replaces={"principalArn": "$cluster-role.arn"},
        recorded=True,
    ),
    Example(
        "aws:eks/podIdentityAssociation:PodIdentityAssociation",
        {
            "clusterName": "$cluster",
            "namespace": "feast",
            "serviceAccount": "feast",
            "roleArn": "$role.arn",
            "tags": TAGS,
        },
        {"roleArn": "$cluster-role.arn"},
        {"namespace": "other"},
        recorded=True,
    ),
]
