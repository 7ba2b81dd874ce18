"""What a cluster leaves behind: its logs, kept; and what keeps its state, hard to delete."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from policies.language import ABSENT, UNKNOWN, Value, option, parameter, resource
from policies.rule import Default, Example, Level, Rule
from policies.rules._examples import variants
from policies.rules.eks import CLUSTER

if TYPE_CHECKING:
    from policies.language import Condition

LOG_GROUP: Final = "aws:cloudwatch/logGroup:LogGroup"


def kept(group: Value) -> Condition:
    """The log group keeps what it is sent for as long as the stack asks, encrypted with a key of one's own."""
    return group["retentionInDays"].at_least(parameter("log_retention_days")) & group["kmsKeyId"].matches(".")


_GROUP: Final = Example("log group")

LOGS_ARE_KEPT = Rule(
    id="EKS-03",
    title="The logs of a cluster's control plane go to a log group that keeps them, encrypted",
    why="Where nobody makes the log group, AWS makes one that is encrypted with its own key and whose retention "
    "nobody chose.",
    fix="add a LogGroup /aws/eks/<cluster>/cluster with retentionInDays and kmsKeyId, before the cluster",
    level=Level.MANDATORY,
    related=(LOG_GROUP,),
    conditions={
        CLUSTER: resource.named_in(LOG_GROUP, "name", by=("name",), spelled="/aws/eks/{}/cluster").some(
            lambda group: kept(group)
        )
    },
    frameworks={"EU AI Act": ("19", "26(6)")},
    peers=("CKV_AWS_338/158 (each group by itself)",),
    good=(
        Example("cluster", beside=(_GROUP,)),
        Example("cluster", beside=(Example("log group", {"name": "/aws/eks/other/cluster"}), _GROUP)),
        Example("cluster", beside=(Example("log group", {"retentionInDays": 365}),)),
    ),
    bad=(
        Example("cluster"),
        Example("cluster", beside=(Example("log group", {"name": "/aws/eks/other/cluster"}),)),
        *(
            Example("cluster", beside=(Example("log group", {path: value}),))
            for path, value in (
                ("retentionInDays", 364),
                ("retentionInDays", ABSENT),
                ("kmsKeyId", ABSENT),
                ("kmsKeyId", ""),
            )
        ),
    ),
    unknown=(
        Example("cluster", {"name": UNKNOWN}, beside=(_GROUP,)),
        Example("cluster", beside=(Example("log group", {"name": UNKNOWN}),)),
        Example("cluster", beside=(Example("log group", {"kmsKeyId": UNKNOWN}),)),
    ),
)

EVERY_LOG_IS_KEPT = Rule(
    id="LOG-01",
    title="Log groups keep what they are sent for a year, encrypted with a key of one's own",
    why="An incident is looked into months later; a log group that was given no retention keeps for ever what the law "
    "wants deleted.",
    fix="set retentionInDays to what the stack's parameters ask for (log_retention_days) and kmsKeyId",
    level=Level.REMEDIATE,
    conditions={LOG_GROUP: kept(resource)},
    defaults={LOG_GROUP: (Default("", "retentionInDays", 365),)},
    frameworks={"EU AI Act": ("19", "26(6)"), "ISO/IEC 42001": ("A.6.2.8",)},
    peers=("CKV_AWS_66/158/338",),
    good=(_GROUP, Example("log group", {"retentionInDays": 365})),
    bad=variants(
        "log group",
        ("retentionInDays", ABSENT),
        ("retentionInDays", 0),
        ("retentionInDays", 364),
        ("kmsKeyId", ABSENT),
        ("kmsKeyId", ""),
    ),
    unknown=variants("log group", ("retentionInDays", UNKNOWN), ("kmsKeyId", UNKNOWN)),
)

_HAVE_A_SWITCH: Final = {CLUSTER: "cluster", "aws:rds/cluster:Cluster": "database", "aws:rds/instance:Instance": "db"}
_HAVE_NONE: Final = {"aws:s3/bucket:Bucket": "bucket", "aws:kms/key:Key": "key"}
_protected: Final = option("protect").is_true()
_asked: Final = parameter("deletion_protection").is_true()
_PROTECT: Final = {"protect": True}

HARD_TO_DELETE = Rule(
    id="EKS-07",
    title="What keeps state is protected from deletion",
    why="A wrong line in a program deletes a cluster, a database or a key in a minute; models, features and evidence "
    "do not come back.",
    fix="set deletionProtection true, or the resource option protect where AWS has no such switch; no forceDestroy. A "
    "stack whose data nobody misses says so in policies/parameters.py",
    level=Level.REMEDIATE,
    conditions={
        **dict.fromkeys(_HAVE_A_SWITCH, _asked.implies(resource["deletionProtection"].is_true() | _protected)),
        "aws:kms/key:Key": _asked.implies(_protected),
        "aws:s3/bucket:Bucket": _asked.implies(_protected & ~resource["forceDestroy"].is_true()),
    },
    defaults={kind: (Default("", "deletionProtection", True),) for kind in _HAVE_A_SWITCH},
    frameworks={"EU AI Act": ("15",)},
    peers=("Prowler eks_cluster_deletion_protection_enabled",),
    differs="The option protect is the program's to set, so it is not filled in.",
    good=(
        *(Example(base) for base in _HAVE_A_SWITCH.values()),
        *(Example(base, {"deletionProtection": ABSENT}, options=_PROTECT) for base in _HAVE_A_SWITCH.values()),
        *(Example(base, options=_PROTECT) for base in _HAVE_NONE.values()),
        Example("bucket", {"forceDestroy": False}, options=_PROTECT),
        *(
            Example(base, {"deletionProtection": ABSENT}, parameters={"deletion_protection": False})
            for base in (*_HAVE_A_SWITCH.values(), *_HAVE_NONE.values())
        ),
    ),
    bad=(
        *(
            Example(base, {"deletionProtection": value})
            for base in _HAVE_A_SWITCH.values()
            for value in (False, ABSENT)
        ),
        *(Example(base) for base in _HAVE_NONE.values()),
        *(Example(base, options={"protect": False}) for base in _HAVE_NONE.values()),
        Example("bucket", {"forceDestroy": True}, options=_PROTECT),
    ),
    unknown=(
        Example("cluster", {"deletionProtection": UNKNOWN}),
        Example("bucket", {"forceDestroy": UNKNOWN}, options=_PROTECT),
    ),
)

RULES: Final = (LOGS_ARE_KEPT, EVERY_LOG_IS_KEPT, HARD_TO_DELETE)
