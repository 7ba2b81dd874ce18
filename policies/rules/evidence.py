"""Evidence that cannot be changed, and data that says what it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from policies.language import ABSENT, UNKNOWN, Value, all_of, parameter, resource
from policies.rule import Evidence, Example, Level, Rule
from policies.rules.buckets import BUCKET, NAMES, purpose

if TYPE_CHECKING:
    from policies.language import Condition

_LOCK: Final = "aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration"
_LIFECYCLE: Final = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"
_days: Final = parameter("evidence_lock_days")


def _locked(lock: Value) -> Condition:
    kept = lock["rule.defaultRetention"]
    return all_of(
        kept["mode"].is_one_of(("COMPLIANCE", "GOVERNANCE")),
        kept["days"].at_least(_days) | kept["years"].at_least(1),
    )


def _not_before_the_lock_ends(rule: Value) -> Condition:
    expiry, earlier = rule["expiration"], rule["noncurrentVersionExpiration"]
    return rule["status"].equals("Disabled") | all_of(
        ~expiry["date"].exists(),
        expiry["days"].exists().implies(expiry["days"].at_least(_days)),
        earlier["noncurrentDays"].exists().implies(earlier["noncurrentDays"].at_least(_days)),
    )


_EVIDENCE: Final = {"tags.purpose": "evidence", "objectLockEnabled": True}
_LOCKED: Final = Example("object lock")
_RETENTION: Final = "rule.defaultRetention"


def _evidence(*beside: Example, **but: object) -> Example:
    return Example("bucket", {**_EVIDENCE, **but}, beside=beside)


LOCKED_EVIDENCE = Rule(
    id="S3-05",
    title="Evidence cannot be deleted or changed for half a year, and is not cleaned away before",
    why="Logs of what a model answered and who approved it count only if the one they speak about cannot change them.",
    fix="set objectLockEnabled true on the bucket, add a BucketObjectLockConfiguration with defaultRetention of "
    "evidence_lock_days (policies/parameters.py), and let no lifecycle rule expire objects earlier",
    level=Level.MANDATORY,
    related=(_LOCK, _LIFECYCLE),
    conditions={
        BUCKET: purpose.equals("evidence").implies(
            all_of(
                resource["objectLockEnabled"].is_true(),
                resource.named_in(_LOCK, "bucket", by=NAMES).some(lambda lock: _locked(lock)),
                resource.named_in(_LIFECYCLE, "bucket", by=NAMES).every(
                    lambda lifecycle: lifecycle["rules"].every(_not_before_the_lock_ends)
                ),
            )
        )
    },
    frameworks={"AWS Security Hub": ("S3.15",), "EU AI Act": ("18", "19", "26(6)")},
    peers=("CKV_AWS_143 (the lock alone)",),
    differs="A bucket of evidence is one that is tagged purpose: evidence.",
    good=(
        Example("bucket"),
        _evidence(_LOCKED),
        _evidence(_LOCKED, Example("lifecycle")),
        _evidence(_LOCKED, Example("lifecycle", {"rules[0].expiration.days": 184})),
        _evidence(_LOCKED, Example("lifecycle", {"rules[0].noncurrentVersionExpiration.noncurrentDays": 184})),
        _evidence(_LOCKED, Example("lifecycle", {"rules[0]": {"status": "Enabled"}})),
        _evidence(_LOCKED, Example("lifecycle", {"rules[0]": {"status": "Disabled", "expiration": {"days": 1}}})),
        _evidence(_LOCKED, Example("lifecycle", {"bucket": "scratch", "rules[0].expiration.days": 1})),
        _evidence(Example("object lock", {f"{_RETENTION}": {"mode": "GOVERNANCE", "years": 1}})),
    ),
    bad=(
        _evidence(),
        *(_evidence(_LOCKED, objectLockEnabled=value) for value in (False, ABSENT)),
        _evidence(Example("object lock", {"bucket": "data"})),
        *(
            _evidence(Example("object lock", {f"{_RETENTION}.{path}": value}))
            for path, value in (("days", 183), ("days", ABSENT), ("mode", ABSENT), ("mode", "NONE"))
        ),
        _evidence(Example("object lock", {_RETENTION: {"mode": "COMPLIANCE", "years": 0}})),
        *(
            _evidence(_LOCKED, Example("lifecycle", {f"rules[0].{path}": value}))
            for path, value in (
                ("expiration.days", 183),
                ("expiration", {"date": "2027-01-01T00:00:00Z"}),
                ("noncurrentVersionExpiration.noncurrentDays", 183),
            )
        ),
        _evidence(_LOCKED, Example("lifecycle", {"rules[1]": {"status": "Enabled", "expiration": {"days": 1}}})),
    ),
    unknown=(
        Example("bucket", {"tags": UNKNOWN}),
        _evidence(Example("object lock", {"bucket": UNKNOWN})),
        _evidence(_LOCKED, Example("lifecycle", {"bucket": UNKNOWN, "rules[0].expiration.days": 1})),
    ),
)

_PURPOSES: Final = ("data", "features", "models", "artifacts", "evidence", "access-logs", "scratch")
_CLASSES: Final = ("public", "internal", "confidential", "restricted")
_tags: Final = resource["tags"]
_DATA: Final = {
    "tags": {
        "purpose": "data",
        "data-classification": "confidential",
        "legal-basis": "contract",
        "dataset-card": "s3://cards/defects/sha256-0c",
    }
}

DESCRIBED_DATA = Rule(
    id="S3-06",
    title="A bucket says what it is for, and one of datasets its classification, legal basis and dataset card",
    why="Nobody can say whether a model may be trained on data of which nobody knows where it came from and who "
    "agreed.",
    fix=f"tag the bucket purpose ({', '.join(_PURPOSES)}); one of data also data-classification "
    f"({', '.join(_CLASSES)}), legal-basis and dataset-card",
    level=Level.MANDATORY,
    evidence=Evidence.ATTESTED,
    conditions={
        BUCKET: purpose.is_one_of(_PURPOSES)
        & purpose.equals("data").implies(
            all_of(
                _tags["data-classification"].is_one_of(_CLASSES),
                _tags["legal-basis"].matches(r"\S"),
                _tags["dataset-card"].matches(r"\S"),
            )
        )
    },
    frameworks={"EU AI Act": ("10",), "ISO/IEC 42001": ("A.7",)},
    peers=("none",),
    differs="A purpose is asked of every bucket: else a bucket of datasets could leave it out.",
    good=(
        *(Example("bucket", {"tags.purpose": each}) for each in _PURPOSES if each != "data"),
        *(Example("bucket", {**_DATA, "tags.data-classification": each}) for each in _CLASSES),
    ),
    bad=(
        Example("bucket", {"tags": ABSENT}),
        Example("bucket", {"tags.purpose": "misc"}),
        *(
            Example("bucket", {**_DATA, f"tags.{tag}": value})
            for tag, value in (
                ("data-classification", ABSENT),
                ("data-classification", "secret-ish"),
                ("legal-basis", ABSENT),
                ("legal-basis", " "),
                ("dataset-card", ABSENT),
                ("dataset-card", ""),
            )
        ),
    ),
    unknown=(Example("bucket", {"tags.purpose": UNKNOWN}), Example("bucket", {**_DATA, "tags.legal-basis": UNKNOWN})),
)

RULES: Final = (LOCKED_EVIDENCE, DESCRIBED_DATA)
