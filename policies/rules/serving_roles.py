"""What a model server may read, and where anything may be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from policies.language import ABSENT, UNKNOWN, Value, all_of, any_of, parameter, resource
from policies.rule import Example, Level, OnUnknown, Rule
from policies.rules._access_bases import allow, policy
from policies.rules._documents import every_allowance
from policies.rules._examples import variants
from policies.rules.identities import ATTACHMENT, POLICY, ROLE, ROLE_POLICY

if TYPE_CHECKING:
    from policies.language import Condition

_OF_A_PREFIX: Final = ":s3:::[^/*]+/[^*]+/[*]$"


def _reads_its_prefix(statement: Value) -> Condition:
    """Whatever it allows in S3 is to read the objects below a prefix, or to list what is there."""
    actions, resources = statement["Action"].listed(), statement["Resource"].listed()
    narrowed = statement["Condition"]
    return ~statement["NotAction"].exists() & any_of(
        actions.every(lambda action: ~action.matches("^(s3:|[*])")),
        all_of(
            actions.every(lambda action: action.matches("^s3:GetObject")),
            resources.every(lambda each: each.matches(_OF_A_PREFIX)),
        ),
        all_of(
            actions.every(lambda action: action.equals("s3:ListBucket")),
            narrowed["StringLike"].key("s3:prefix").exists() | narrowed["StringEquals"].key("s3:prefix").exists(),
        ),
    )


_attachments: Final = resource.named_in(ATTACHMENT, "role", by=("name", "id"))


def _narrow(attachment: Value) -> Condition:
    """AWS's own policies for S3 know no prefix; those of the program are read."""
    return ~attachment["policyArn"].matches(":aws:policy/AmazonS3") & attachment.names(
        POLICY, "policyArn", by=("arn",)
    ).every(lambda managed: every_allowance(managed["policy"], _reads_its_prefix))


_SERVES: Final = {"tags": {"purpose": "serving"}}
_FIRST, _LISTS = "policy.Statement[0]", "policy.Statement[1]"
_WIDE: Final = policy(allow(["s3:GetObject"], ["arn:aws:s3:::models/*"]))


def _serving(*beside: Example) -> Example:
    return Example("aws role", _SERVES, beside=beside)


READS_ITS_MODEL = Rule(
    id="IAM-04",
    title="A model server's role reads below the prefix of its model, and writes nothing",
    why="A server that answers strangers is the first to be taken over; with this role only its own model is lost, and "
    "no record of it is changed.",
    fix="allow s3:GetObject on arn:aws:s3:::<bucket>/<prefix>/* and s3:ListBucket with a condition on s3:prefix, and "
    "nothing else of S3",
    level=Level.MANDATORY,
    related=(ROLE_POLICY, ATTACHMENT, POLICY),
    conditions={
        ROLE: resource["tags.purpose"]
        .equals("serving")
        .implies(
            all_of(
                resource.named_in(ROLE_POLICY, "role", by=("name", "id")).every(
                    lambda inline: every_allowance(inline["policy"], _reads_its_prefix)
                ),
                resource["inlinePolicies"].every(lambda one: every_allowance(one["policy"], _reads_its_prefix)),
                _attachments.every(lambda attachment: _narrow(attachment)),
            )
        )
    },
    frameworks={"EU AI Act": ("15",), "NIST AI RMF": ("MAP 4.1",)},
    peers=("none",),
    differs="A model server's role is one that is tagged purpose: serving. Policies that were there before are not in "
    "the program; of those, AWS's own for S3 are refused.",
    good=(
        Example("aws role", beside=(Example("role policy", {"policy": _WIDE}),)),
        Example("aws role", {"tags": {"purpose": "training"}}, beside=(Example("role policy", {"policy": _WIDE}),)),
        _serving(),
        _serving(Example("role policy")),
        _serving(Example("role policy", {_LISTS: allow(["sqs:SendMessage"], ["*"])})),
        _serving(Example("role policy", {f"{_LISTS}.Condition": {"StringEquals": {"s3:prefix": "defects/"}}})),
        _serving(Example("role policy", {_LISTS: {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}})),
        _serving(Example("role policy", {"role": "train", "policy": _WIDE})),
        _serving(Example("role attachment"), Example("managed policy")),
        _serving(Example("role attachment", {"policyArn": "elsewhere"}), Example("managed policy", {"policy": _WIDE})),
        Example("aws role", {**_SERVES, "inlinePolicies": [{"policy": policy()}]}),
    ),
    bad=(
        *(
            _serving(Example("role policy", {path: value}))
            for path, value in (
                ("policy", _WIDE),
                (f"{_FIRST}.Action", ["s3:GetObject", "s3:PutObject"]),
                (f"{_FIRST}.Action", ["sqs:SendMessage", "s3:PutObject"]),
                (f"{_FIRST}.Action", "s3:*"),
                (f"{_FIRST}.Action", "*"),
                (f"{_FIRST}.Resource", ["arn:aws:s3:::models/defects/*", "arn:aws:s3:::*/defects/*"]),
                (f"{_LISTS}.Condition", ABSENT),
                (f"{_LISTS}.Action", ["s3:ListBucket", "s3:DeleteObject"]),
                (_LISTS, {"Effect": "Allow", "NotAction": "s3:PutObject", "Resource": "*"}),
            )
        ),
        _serving(Example("role policy"), Example("role policy", {"policy": _WIDE})),
        _serving(Example("role attachment", {"policyArn": "arn:aws:iam::aws:policy/AmazonS3FullAccess"})),
        _serving(Example("role attachment"), Example("managed policy", {"policy": _WIDE})),
        _serving(Example("role attachment"), Example("managed policy", {"policy.Statement[2]": _WIDE["Statement"][0]})),
        Example("aws role", {**_SERVES, "inlinePolicies": [{"policy": policy()}, {"policy": _WIDE}]}),
    ),
    unknown=(
        Example("aws role", {"tags": UNKNOWN}, beside=(Example("role policy", {"policy": _WIDE}),)),
        _serving(Example("role policy", {"policy": UNKNOWN})),
        _serving(Example("role policy", {"role": UNKNOWN, "policy": _WIDE})),
        _serving(Example("role attachment", {"policyArn": UNKNOWN}), Example("managed policy", {"policy": _WIDE})),
    ),
)

PROVIDER: Final = "pulumi:providers:aws"
_allowed: Final = parameter("allowed_regions")
_PLACED: Final = {
    "aws:cloudwatch/logGroup:LogGroup": "log group",
    "aws:ecr/repository:Repository": "repository",
    "aws:eks/cluster:Cluster": "cluster",
    "aws:elasticache/replicationGroup:ReplicationGroup": "cache",
    "aws:elasticache/serverlessCache:ServerlessCache": "serverless cache",
    "aws:kms/key:Key": "key",
    "aws:kms/replicaKey:ReplicaKey": "replica key",
    "aws:rds/cluster:Cluster": "database",
    "aws:rds/instance:Instance": "db",
    "aws:s3/bucket:Bucket": "bucket",
}
"""What keeps data and may name a region of its own; else it is where its provider is."""
_here: Final = resource["region"].exists().implies(resource["region"].is_one_of(_allowed))

IN_ITS_REGION = Rule(
    id="DATA-03",
    title="Data stays in the regions that the stack allows, copies of it too",
    why="Where data lies decides whose law applies to it; a replica elsewhere is a transfer that nobody approved.",
    fix="name a region of allowed_regions (policies/parameters.py) in the provider, the resource and its replicas",
    level=Level.MANDATORY,
    on_unknown=OnUnknown.REFUSE,
    conditions={
        PROVIDER: resource["region"].is_one_of(_allowed),
        **dict.fromkeys(_PLACED, _here),
        "aws:secretsmanager/secret:Secret": _here
        & resource["replicas"].every(lambda copy: copy["region"].is_one_of(_allowed)),
        "aws:dynamodb/table:Table": _here
        & resource["replicas"].every(lambda copy: copy["regionName"].is_one_of(_allowed)),
        "aws:ecr/replicationConfiguration:ReplicationConfiguration": resource["replicationConfiguration.rules"].every(
            lambda rule: rule["destinations"].every(lambda copy: copy["region"].is_one_of(_allowed))
        ),
    },
    frameworks={"EU AI Act": ("10",)},
    peers=("none",),
    differs="Where an S3 bucket that another one is replicated to lies is not in its name; it is judged itself if the "
    "program makes it.",
    good=(
        *(Example(base) for base in ("provider", *_PLACED.values(), "secret", "table", "image replication")),
        *(Example(base, {"region": "eu-west-1"}) for base in (*_PLACED.values(), "secret", "table")),
    ),
    bad=(
        *variants("provider", ("region", "us-east-1"), ("region", ABSENT)),
        *(Example(base, {"region": "us-east-1"}) for base in (*_PLACED.values(), "secret", "table")),
        Example("secret", {"replicas[1]": {"region": "us-east-1"}}),
        Example("table", {"replicas[1]": {"regionName": "us-east-1"}}),
        Example("image replication", {"replicationConfiguration.rules[0].destinations[1]": {"region": "us-east-1"}}),
        Example(
            "image replication", {"replicationConfiguration.rules[1]": {"destinations": [{"region": "us-east-1"}]}}
        ),
    ),
    unknown=(
        Example("provider", {"region": UNKNOWN}),
        Example("bucket", {"region": UNKNOWN}),
        Example("secret", {"replicas": UNKNOWN}),
    ),
)

RULES: Final = (READS_ITS_MODEL, IN_ITS_REGION)
