"""Buckets: closed to the public, encrypted, versioned."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from policies.language import ABSENT, UNKNOWN, Value, all_of, any_of, resource
from policies.rule import Example, Level, Rule
from policies.rules._documents import of_everybody, statements

if TYPE_CHECKING:
    from policies.language import Condition
    from policies.rules._access_bases import Properties

BUCKET: Final = "aws:s3/bucket:Bucket"
_BLOCK: Final = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
_POLICY: Final = "aws:s3/bucketPolicy:BucketPolicy"
_ENCRYPTION: Final = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
_VERSIONING: Final = "aws:s3/bucketVersioning:BucketVersioning"
NAMES: Final = ("bucket", "id")
"""What a bucket is named by: one and the same text."""
purpose: Final = resource["tags.purpose"]


def with_its(base: str, but: dict[str, Any] | None = None, *, of: dict[str, Any] | None = None) -> Example:
    """The bucket (with changes) and what belongs to it (with changes)."""
    return Example("bucket", of or {}, beside=(Example(base, but or {}),))


def before_it_is_made(base: str) -> Example:
    """The bucket while nothing is known of it but that the other resource is its own; and another bucket."""
    unnamed = {"bucket": UNKNOWN}
    own = Example(base, unnamed, sources={"bucket": ("bucket",)})
    return Example("bucket", unnamed, beside=(own, Example("bucket", unnamed)))


def whose_nobody_knows(base: str) -> tuple[Example, ...]:
    """Stacks in which it is open whether the other resource belongs to the bucket."""
    return (with_its(base, {"bucket": UNKNOWN}), with_its(base, of={"bucket": UNKNOWN}))


_FLAGS: Final = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")

NOT_PUBLIC = Rule(
    id="S3-01",
    title="Every bucket blocks public access in all four ways",
    why="One policy or one object's access list opens a bucket to the world; the block holds whatever they say.",
    fix=f"add a BucketPublicAccessBlock to the bucket with {', '.join(_FLAGS)} true",
    level=Level.MANDATORY,
    related=(_BLOCK,),
    conditions={
        BUCKET: resource.named_in(_BLOCK, "bucket", by=NAMES).some(
            lambda block: all_of(*(block[flag].is_true() for flag in _FLAGS))
        )
    },
    frameworks={"AWS Security Hub": ("S3.8",)},
    peers=("CKV_AWS_53-56", "CKV2_AWS_6", "cdk-nag S2"),
    good=(
        with_its("public access block"),
        with_its("public access block", of={"bucket": ABSENT, "id": "models"}),
        before_it_is_made("public access block"),
    ),
    bad=(
        Example("bucket"),
        with_its("public access block", {"bucket": "data"}),
        *(with_its("public access block", {flag: value}) for flag in _FLAGS for value in (False, ABSENT)),
    ),
    unknown=(
        *whose_nobody_knows("public access block"),
        with_its("public access block", {"blockPublicAcls": UNKNOWN}),
    ),
)


def _refuses_clear_text(statement: Value) -> Condition:
    resources, encrypted = statement["Resource"].listed(), statement["Condition.Bool"].key("aws:SecureTransport")
    return all_of(
        statement["Effect"].equals("Deny"),
        of_everybody(statement),
        statement["Action"].listed().some(lambda action: action.is_one_of(("s3:*", "*"))),
        resources.some(lambda each: each.matches("^[*]$|:::[^/]+$")),
        resources.some(lambda each: each.matches("^[*]$|:::[^/]+/[*]$")),
        any_of(encrypted.equals("false"), encrypted.is_false()),
    )


_STATEMENT: Final = "policy.Statement[0]"
_WHOM: Final = f"{_STATEMENT}.Principal"
_TRANSPORT: Final = f'{_STATEMENT}.Condition.Bool["aws:SecureTransport"]'
_READABLE: Final[Properties] = {"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "s3:GetObject"}

TLS_ONLY = Rule(
    id="S3-02",
    title="Buckets refuse requests that are not encrypted",
    why="What is asked for in clear can be read and changed on the way: a model among it.",
    fix='add a BucketPolicy that denies "*" s3:* on the bucket and its objects where aws:SecureTransport is "false"',
    level=Level.MANDATORY,
    related=(_POLICY,),
    conditions={
        BUCKET: resource.named_in(_POLICY, "bucket", by=NAMES).some(
            lambda policy: statements(policy["policy"]).some(_refuses_clear_text)
        )
    },
    frameworks={"AWS Security Hub": ("S3.5",)},
    peers=("cdk-nag S10",),
    good=(
        with_its("bucket policy"),
        with_its("bucket policy", {_WHOM: {"AWS": "*"}}),
        with_its("bucket policy", {_WHOM: {"AWS": ["*"]}}),
        with_its("bucket policy", {f"{_STATEMENT}.Action": ["s3:GetObject", "s3:*"]}),
        with_its("bucket policy", {f"{_STATEMENT}.Action": "*"}),
        with_its("bucket policy", {f"{_STATEMENT}.Resource": "*"}),
        with_its("bucket policy", {_TRANSPORT: False}),
        with_its("bucket policy", {"policy.Statement[1]": _READABLE}),
        before_it_is_made("bucket policy"),
    ),
    bad=(
        Example("bucket"),
        with_its("bucket policy", {"bucket": "data"}),
        *(
            with_its("bucket policy", {path: value})
            for path, value in (
                (f"{_STATEMENT}.Effect", "Allow"),
                (_WHOM, {"AWS": "arn:aws:iam::111122223333:root"}),
                (_WHOM, {"Service": "logging.s3.amazonaws.com"}),
                (f"{_STATEMENT}.Action", "s3:PutObject"),
                (f"{_STATEMENT}.Resource", ["arn:aws:s3:::models"]),
                (f"{_STATEMENT}.Resource", ["arn:aws:s3:::models/*"]),
                (_TRANSPORT, "true"),
                (_TRANSPORT, True),
                (f"{_STATEMENT}.Condition", ABSENT),
            )
        ),
        with_its("bucket policy", {"policy": '{"Statement": []}'}),
    ),
    unknown=(*whose_nobody_knows("bucket policy"), with_its("bucket policy", {"policy": UNKNOWN})),
)

_DEFAULT: Final = "rules[0].applyServerSideEncryptionByDefault"


def _with_own_key(rule: Value) -> Condition:
    default = rule["applyServerSideEncryptionByDefault"]
    return default["sseAlgorithm"].is_one_of(("aws:kms", "aws:kms:dsse")) & default["kmsMasterKeyId"].matches(".")


ENCRYPTED = Rule(
    id="S3-03",
    title="Buckets encrypt with a key of one's own",
    why="Who may read the data and who may decrypt it are then two rights, and the second can be taken from everybody "
    "at once.",
    fix="add a BucketServerSideEncryptionConfiguration with sseAlgorithm aws:kms and kmsMasterKeyId; a bucket that AWS "
    "writes its access logs to is tagged purpose: access-logs",
    level=Level.MANDATORY,
    related=(_ENCRYPTION,),
    conditions={
        BUCKET: purpose.equals("access-logs")
        | resource.named_in(_ENCRYPTION, "bucket", by=NAMES).some(
            lambda encryption: encryption["rules"].is_filled() & encryption["rules"].every(_with_own_key)
        )
    },
    frameworks={"AWS Security Hub": ("S3.17",)},
    peers=("CKV_AWS_145",),
    differs="Access logs are left out: the services that write them cannot use a key of one's own.",
    good=(
        with_its("bucket encryption"),
        with_its("bucket encryption", {f"{_DEFAULT}.sseAlgorithm": "aws:kms:dsse"}),
        Example("bucket", {"tags.purpose": "access-logs"}),
        before_it_is_made("bucket encryption"),
    ),
    bad=(
        Example("bucket"),
        with_its("bucket encryption", {"bucket": "data"}),
        *(
            with_its("bucket encryption", {path: value})
            for path, value in (
                ("rules", []),
                (f"{_DEFAULT}.sseAlgorithm", "AES256"),
                (f"{_DEFAULT}.kmsMasterKeyId", ABSENT),
                (f"{_DEFAULT}.kmsMasterKeyId", ""),
                ("rules[1]", {"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}),
            )
        ),
    ),
    unknown=(
        *whose_nobody_knows("bucket encryption"),
        with_its("bucket encryption", {f"{_DEFAULT}.kmsMasterKeyId": UNKNOWN}),
        Example("bucket", {"tags": UNKNOWN}),
    ),
)

VERSIONED = Rule(
    id="S3-04",
    title="Buckets keep the versions of their objects",
    why="A dataset or a model that was overwritten or deleted by mistake, or by malice, comes back only from an older "
    "version.",
    fix="add a BucketVersioning with status Enabled; what nobody misses is tagged purpose: scratch",
    level=Level.MANDATORY,
    related=(_VERSIONING,),
    conditions={
        BUCKET: purpose.is_one_of(("scratch", "access-logs"))
        | resource.named_in(_VERSIONING, "bucket", by=NAMES).some(
            lambda versioning: versioning["versioningConfiguration.status"].equals("Enabled")
        )
    },
    frameworks={"AWS Security Hub": ("S3.14",), "EU AI Act": ("10", "12")},
    peers=("CKV_AWS_21",),
    differs="Every bucket is asked that does not say that it holds scratch data or access logs.",
    good=(
        with_its("bucket versioning"),
        *(Example("bucket", {"tags.purpose": each}) for each in ("scratch", "access-logs")),
        before_it_is_made("bucket versioning"),
    ),
    bad=(
        Example("bucket"),
        Example("bucket", {"tags": ABSENT}),
        with_its("bucket versioning", {"bucket": "data"}),
        with_its("bucket versioning", {"versioningConfiguration.status": "Suspended"}),
        with_its("bucket versioning", {"versioningConfiguration": ABSENT}),
    ),
    unknown=(
        *whose_nobody_knows("bucket versioning"),
        with_its("bucket versioning", {"versioningConfiguration.status": UNKNOWN}),
    ),
)

RULES: Final = (NOT_PUBLIC, TLS_ONLY, ENCRYPTED, VERSIONED)
