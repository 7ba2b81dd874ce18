"""Keys, and the registry of our own images."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from policies.language import ABSENT, UNKNOWN, Value, all_of, any_of, parameter, resource
from policies.rule import Default, Example, Level, Rule
from policies.rules._access_bases import allow, policy
from policies.rules._documents import every_allowance, of_somebody
from policies.rules._examples import variants

if TYPE_CHECKING:
    from policies.language import Condition

_KEY: Final = "aws:kms/key:Key"
_KEY_POLICY: Final = "aws:kms/keyPolicy:KeyPolicy"
_REPLICA: Final = "aws:kms/replicaKey:ReplicaKey"
_window: Final = resource["deletionWindowInDays"]
_spec: Final = resource["customerMasterKeySpec"]


def _named_users(document: Value) -> Condition:
    return every_allowance(document, of_somebody)


_announced: Final = _window.exists().implies(_window.at_least(parameter("key_deletion_days")))
_rotated: Final = any_of(
    resource["enableKeyRotation"].is_true(),
    _spec.exists() & ~_spec.equals("SYMMETRIC_DEFAULT"),
    resource["customKeyStoreId"].exists(),
)

_EVERYBODY: Final = (
    {"Principal": "*"},
    {"Principal": {"AWS": "*"}},
    {"Principal": {"AWS": ["111122223333", "*"]}},
    {"NotPrincipal": {"AWS": "111122223333"}},
)
_OPEN: Final = tuple(policy(allow(["kms:Decrypt"], ["*"], **whom)) for whom in _EVERYBODY)

KEYS = Rule(
    id="KMS-01",
    title="Keys are changed every year, can be deleted only with notice, and are used by whom their policy names",
    why="What a key encrypted is lost with it, and a key that everybody may use protects nothing.",
    fix="set enableKeyRotation true and deletionWindowInDays to what the stack's parameters ask for "
    "(key_deletion_days); name principals in the policy",
    level=Level.REMEDIATE,
    conditions={
        _KEY: all_of(_rotated, _announced, _named_users(resource["policy"])),
        _KEY_POLICY: _named_users(resource["policy"]),
        _REPLICA: _announced & _named_users(resource["policy"]),
    },
    defaults={_KEY: (Default("", "enableKeyRotation", True),)},
    frameworks={"AWS Security Hub": ("KMS.3", "KMS.4", "KMS.5")},
    peers=("CKV_AWS_7/33", "cdk-nag KMS5"),
    differs="A wildcard principal is refused also where a condition narrows it: name the account or the service. Keys "
    "that KMS cannot rotate (asymmetric ones, and those of a custom key store) are not asked to be.",
    good=(
        Example("key"),
        Example("key policy"),
        Example("replica key"),
        Example("key", {"deletionWindowInDays": ABSENT, "policy": ABSENT}),
        Example("key", {"customerMasterKeySpec": "SYMMETRIC_DEFAULT"}),
        Example("key", {"enableKeyRotation": ABSENT, "customerMasterKeySpec": "RSA_4096"}),
        Example("key", {"enableKeyRotation": ABSENT, "customKeyStoreId": "cks-1"}),
        Example("key", {"policy.Statement[0]": {"Effect": "Deny", "Principal": "*", "Action": "kms:*"}}),
        Example("key", {"policy": '{"Statement": {"Effect": "Allow", "Principal": {"AWS": "111122223333"}}}'}),
        Example("key", {"deletionWindowInDays": 7}, parameters={"key_deletion_days": 7}),
    ),
    bad=(
        *variants(
            "key",
            ("enableKeyRotation", False),
            ("enableKeyRotation", ABSENT),
            ("deletionWindowInDays", 29),
            *(("policy", each) for each in _OPEN),
            ("policy", '{"Statement": {"Effect": "Allow", "Principal": {"AWS": "*"}}}'),
        ),
        Example("key", {"enableKeyRotation": ABSENT, "customerMasterKeySpec": "SYMMETRIC_DEFAULT"}),
        *(Example(base, {"policy": _OPEN[1]}) for base in ("key policy", "replica key")),
        Example("replica key", {"deletionWindowInDays": 29}),
    ),
    unknown=(
        Example("key", {"policy": UNKNOWN}),
        Example("key policy", {"policy.Statement[0].Principal": UNKNOWN}),
        Example("replica key", {"deletionWindowInDays": UNKNOWN}),
    ),
)

_REPOSITORY: Final = "aws:ecr/repository:Repository"
_IN_REPOSITORY: Final = "encryptionConfigurations[0]"

REPOSITORIES = Rule(
    id="ECR-01",
    title="Image repositories keep their tags, scan what is pushed, and are encrypted with a key of one's own",
    why="An image whose tag was moved is not the one that was tested; one that nobody looked at brings last year's "
    "faults along.",
    fix="set imageTagMutability IMMUTABLE, imageScanningConfiguration.scanOnPush true and encryptionConfigurations "
    "[{encryptionType: KMS, kmsKey: …}]",
    level=Level.REMEDIATE,
    conditions={
        _REPOSITORY: all_of(
            resource["imageTagMutability"].equals("IMMUTABLE"),
            resource["imageScanningConfiguration.scanOnPush"].is_true(),
            resource["encryptionConfigurations"].some(
                lambda one: one["encryptionType"].is_one_of(("KMS", "KMS_DSSE")) & one["kmsKey"].matches(".")
            ),
        )
    },
    defaults={
        _REPOSITORY: (
            Default("", "imageTagMutability", "IMMUTABLE"),
            Default("", "imageScanningConfiguration.scanOnPush", True),
        )
    },
    frameworks={"CIS EKS": ("5.1.1",), "AWS Security Hub": ("ECR.1", "ECR.2")},
    peers=("CKV_AWS_51/136/163",),
    differs="The key is not filled in: nobody but the program knows which one.",
    good=(
        Example("repository"),
        Example("repository", {f"{_IN_REPOSITORY}.encryptionType": "KMS_DSSE"}),
    ),
    bad=variants(
        "repository",
        ("imageTagMutability", "MUTABLE"),
        ("imageTagMutability", ABSENT),
        ("imageScanningConfiguration", ABSENT),
        ("imageScanningConfiguration.scanOnPush", False),
        ("encryptionConfigurations", ABSENT),
        (f"{_IN_REPOSITORY}.encryptionType", "AES256"),
        (f"{_IN_REPOSITORY}.kmsKey", ABSENT),
        (f"{_IN_REPOSITORY}.kmsKey", ""),
    ),
    unknown=variants("repository", (f"{_IN_REPOSITORY}.kmsKey", UNKNOWN), ("imageTagMutability", UNKNOWN)),
)

RULES: Final = (KEYS, REPOSITORIES)
