"""The control plane of an EKS cluster: who reaches it, what it records, what it encrypts."""

from __future__ import annotations

from typing import Final

from policies.language import ABSENT, UNKNOWN, all_of, any_of, now, parameter, resource
from policies.rule import Example, Level, OnUnknown, Rule
from policies.rules._examples import variants

CLUSTER: Final = "aws:eks/cluster:Cluster"
_network: Final = resource["vpcConfig"]
_OPEN: Final = {"vpcConfig.endpointPublicAccess": True}
_CIDRS: Final = "vpcConfig.publicAccessCidrs"

PRIVATE_ENDPOINT = Rule(
    id="EKS-01",
    title="The API server of a cluster is reached from its VPC, and over the internet from named networks only",
    why="Whoever reaches the API server can try stolen credentials and the next fault of Kubernetes on it.",
    fix="set vpcConfig.endpointPrivateAccess true, and endpointPublicAccess false or publicAccessCidrs to networks "
    "of your own (/8 or smaller)",
    level=Level.MANDATORY,
    on_unknown=OnUnknown.REFUSE,
    conditions={
        CLUSTER: all_of(
            _network["endpointPrivateAccess"].is_true(),
            any_of(
                _network["endpointPublicAccess"].is_false(),
                _network["publicAccessCidrs"].is_filled()
                & _network["publicAccessCidrs"].every(lambda cidr: ~cidr.matches("/[0-7]$")),
            ),
        )
    },
    frameworks={"CIS EKS": ("5.4.1", "5.4.2"), "AWS Security Hub": ("EKS.1",), "EU AI Act": ("15",)},
    peers=("CKV_AWS_38/39", "cdk-nag EKS1", "AVD-AWS-0040/0041"),
    good=(
        Example("cluster"),
        Example("cluster", {**_OPEN, _CIDRS: ["198.51.100.0/24", "10.0.0.0/8"]}),
    ),
    bad=(
        *variants(
            "cluster",
            ("vpcConfig.endpointPrivateAccess", False),
            ("vpcConfig.endpointPrivateAccess", ABSENT),
            ("vpcConfig.endpointPublicAccess", ABSENT),
            ("vpcConfig.endpointPublicAccess", True),
        ),
        *(
            Example("cluster", {**_OPEN, _CIDRS: cidrs})
            for cidrs in ([], ["0.0.0.0/0"], ["198.51.100.0/24", "0.0.0.0/0"], ["128.0.0.0/1"], ["64.0.0.0/7"])
        ),
    ),
    unknown=(
        Example("cluster", {"vpcConfig.endpointPrivateAccess": UNKNOWN}),
        Example("cluster", {"vpcConfig": UNKNOWN}),
        Example("cluster", {**_OPEN, _CIDRS: ["198.51.100.0/24", UNKNOWN]}),
    ),
)

_LOGS: Final = ("api", "audit", "authenticator", "controllerManager", "scheduler")
_logs: Final = resource["enabledClusterLogTypes"]

CONTROL_PLANE_LOGS = Rule(
    id="EKS-02",
    title="A cluster's control plane logs everything that it can",
    why="Who changed a model, a role or a quota is found in the audit log or nowhere, and only if it was on before.",
    fix=f"set enabledClusterLogTypes to {', '.join(_LOGS)}",
    level=Level.MANDATORY,
    conditions={CLUSTER: all_of(*(_logs.contains(each) for each in _LOGS))},
    frameworks={"CIS EKS": ("2.1",), "AWS Security Hub": ("EKS.8",), "EU AI Act": ("12",)},
    peers=("CKV_AWS_37", "cdk-nag EKS2", "AVD-AWS-0038"),
    good=(Example("cluster"),),
    bad=(
        *(
            Example("cluster", {"enabledClusterLogTypes": [each for each in _LOGS if each != missing]})
            for missing in _LOGS
        ),
        Example("cluster", {"enabledClusterLogTypes": ABSENT}),
    ),
    unknown=(Example("cluster", {"enabledClusterLogTypes": UNKNOWN}),),
)

_encryption: Final = resource["encryptionConfig"]

ENCRYPTED_SECRETS = Rule(
    id="EKS-04",
    title="A cluster's Secrets are encrypted with a key of one's own",
    why="With AWS's own key nobody can say who decrypted a Secret, nor take the right to do so away.",
    fix='set encryptionConfig with resources ["secrets"] and provider.keyArn of a KMS key',
    level=Level.MANDATORY,
    conditions={CLUSTER: _encryption["resources"].contains("secrets") & _encryption["provider.keyArn"].matches(".")},
    frameworks={"CIS EKS": ("5.3.1",), "AWS Security Hub": ("EKS.3",)},
    peers=("CKV_AWS_58", "AVD-AWS-0039"),
    good=(Example("cluster"),),
    bad=variants(
        "cluster",
        ("encryptionConfig", ABSENT),
        ("encryptionConfig.resources", []),
        ("encryptionConfig.resources", ["configmaps"]),
        ("encryptionConfig.provider.keyArn", ABSENT),
        ("encryptionConfig.provider.keyArn", ""),
    ),
    unknown=(Example("cluster", {"encryptionConfig.provider.keyArn": UNKNOWN}),),
)

SUPPORTED_VERSION = Rule(
    id="EKS-05",
    title="A cluster runs a version of Kubernetes that AWS supports",
    why="A version out of support gets no security fixes, or costs six times as much, until AWS replaces it on a day "
    "that nobody here chose.",
    fix="set version to one that policies/kubernetes_support.py lists with a date that is still to come",
    level=Level.MANDATORY,
    on_unknown=OnUnknown.REFUSE,
    conditions={CLUSTER: parameter("kubernetes_supported_until").key(resource["version"]).is_later_than(now)},
    frameworks={"AWS Security Hub": ("EKS.2",), "EU AI Act": ("15",)},
    peers=("CKV_AWS_339",),
    differs="The version of a cluster that was there before is not in the program, so it is not judged.",
    good=(Example("cluster"),),
    bad=variants("cluster", ("version", "1.34"), ("version", "1.29"), ("version", "latest"), ("version", ABSENT)),
    unknown=(Example("cluster", {"version": UNKNOWN}),),
)

_access: Final = resource["accessConfig"]

ACCESS_ENTRIES = Rule(
    id="EKS-06",
    title="Who may do what in a cluster is said by access entries, and nobody is its administrator by having made it",
    why="The old map of roles lies in the cluster, where whoever may edit it makes himself administrator; the rights "
    "of who created the cluster can neither be seen nor taken away there.",
    fix="set accessConfig.authenticationMode API and bootstrapClusterCreatorAdminPermissions false, and add an "
    "AccessEntry for each role",
    level=Level.MANDATORY,
    on_unknown=OnUnknown.REFUSE,
    conditions={
        CLUSTER: all_of(
            _access["authenticationMode"].equals("API"),
            _access["bootstrapClusterCreatorAdminPermissions"].is_false(),
        )
    },
    frameworks={"CIS EKS": ("4.1.7",)},
    peers=("Pulumi CIS pack (paid)",),
    good=(Example("cluster"),),
    bad=variants(
        "cluster",
        ("accessConfig", ABSENT),
        ("accessConfig.authenticationMode", "API_AND_CONFIG_MAP"),
        ("accessConfig.authenticationMode", ABSENT),
        ("accessConfig.bootstrapClusterCreatorAdminPermissions", True),
        ("accessConfig.bootstrapClusterCreatorAdminPermissions", ABSENT),
    ),
    unknown=variants("cluster", ("accessConfig", UNKNOWN), ("accessConfig.authenticationMode", UNKNOWN)),
)

RULES: Final = (PRIVATE_ENDPOINT, CONTROL_PLANE_LOGS, ENCRYPTED_SECRETS, SUPPORTED_VERSION, ACCESS_ENTRIES)
