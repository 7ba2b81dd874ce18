"""Somebody else than the author has approved a model before it is served, and nobody can say so but he."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from policies.language import ABSENT, UNKNOWN, Value, all_of, any_of, may, now, old, parameter, requester, resource
from policies.rule import Evidence, Example, Level, Rule
from policies.rules._bases import LONG_AGO, NOT_YET
from policies.rules._records import SERVICES, URI, about_another, about_it, server, without
from policies.rules._served import (
    KINDS,
    RELEASES,
    RISK,
    annotation,
    names_the_model,
    of_risk,
    wherever_served,
)

if TYPE_CHECKING:
    from policies.language import Condition

_RELEASE: Final = "mlplatform.dev/ModelRelease"
_APPROVAL: Final = "mlplatform.dev/ModelApproval"

_DIGESTS, _BY, _AUTHOR = annotation("approved-digests"), annotation("approved-by"), annotation("authored-by")
_TICKET, _EXPIRES = annotation("approval"), annotation("approval-expires")
_RECORD: Final = (_DIGESTS, _BY, _AUTHOR, _TICKET, _EXPIRES)
_may_approve: Final = may("approve", RELEASES)
# Another right than to approve: who may write servers and approves too could else write down on one that somebody else
# had approved it.
_may_serve: Final = may("serve", RELEASES)


def _decided(approver: Value, author: Value, ticket: Value) -> Condition:
    return all_of(approver.matches("."), author.matches("."), ~approver.equals(author), ticket.matches(r"\S"))


def _same(path: str) -> Condition:
    return resource[path].equals(old[path])


_approved: Final = all_of(
    _decided(resource[_BY], resource[_AUTHOR], resource[_TICKET]),
    resource[_EXPIRES].is_later_than(now),
    # Only the API server knows who asks: who writes down that somebody approved must be allowed to.
    any_of(~requester.exists(), all_of(*(_same(path) for path in _RECORD)), _may_serve),
)
_FIELDS: Final = ("release", "digest", "approver", "author", "ticket", "expires")
_spec: Final = resource["spec"]
_approval: Final = all_of(
    _decided(_spec["approver"], _spec["author"], _spec["ticket"]),
    _spec["release"].matches("."),
    _spec["digest"].digest().matches("^[0-9a-f]"),
    _spec["expires"].is_later_than(now),
    any_of(~requester.exists(), old.exists(), _spec["approver"].equals(requester) & _may_approve),
    ~old.exists() | all_of(*(_same(f"spec.{field}") for field in _FIELDS)),
)
_release: Final = all_of(
    _spec["author"].matches("."),
    any_of(~requester.exists(), old.exists(), _spec["author"].equals(requester)),
    ~old.exists() | _spec["author"].equals(old["spec.author"]),
)
_OWN: Final = (
    "limited",
    {_BY: "grace.hopper", _AUTHOR: "ada.lovelace", _TICKET: "MLP-17", _EXPIRES: NOT_YET},
    _DIGESTS,
)
_GRANT: Final = f"approve {RELEASES}"
_SERVES: Final = f"serve {RELEASES}"


def asked_by(user: str, *grants: str) -> dict[str, Any]:
    """A request of a user, who may do that besides."""
    return {"userInfo": {"username": user}, "grants": list(grants)}


_CONTROLLER: Final = asked_by("system:serviceaccount:delivery:release", _SERVES)
_STRANGER: Final = asked_by("mallory")

APPROVED = Rule(
    id="AI-06",
    title="A model is served after somebody else than its author approved this very model, and not after that ended",
    why="Who made a model sees what it should do and not what it does; and an approval of another model, or of another "
    "year, is none.",
    fix="have it approved: annotations approved-digests, approved-by, authored-by, approval (the ticket) and "
    f"approval-expires, written by who may serve {RELEASES}; an approval itself by who may approve them",
    level=Level.MANDATORY,
    evidence=Evidence.ATTESTED,
    conditions={
        **wherever_served(
            {
                kind: of_risk(parameter("governed_risk_classes")).implies(_approved & named)
                for kind, named in names_the_model(_DIGESTS).items()
            }
        ),
        _APPROVAL: _approval,
        _RELEASE: _release,
    },
    frameworks={"EU AI Act": ("14", "17"), "NIST AI RMF": ("MANAGE 1.1",)},
    peers=("MLflow's approval notebook (not at admission)",),
    differs="Asked of the risk classes that the stack's parameters name (governed_risk_classes). Who asks is known to "
    "the API server only, and there an approval counts that had not ended when the service was created; that one ends "
    "later is for the release controller to act on.",
    good=(
        *about_it(*_OWN),
        *(replace(example, request=_CONTROLLER) for example in about_it(*_OWN)),
        *(Example(base, {RISK: "minimal", _DIGESTS: ABSENT}) for base in SERVICES),
        *(Example(base, {RISK: "high"}) for base in SERVICES),
        Example("inference service", request=_CONTROLLER),
        Example("inference service", {"spec.predictor.minReplicas": 3}, before={}, request=_STRANGER),
        Example("model approval"),
        Example("model approval", request=asked_by("grace.hopper", _GRANT)),
        Example("model approval", {"metadata.labels": ABSENT}, before={}, request=_STRANGER),
        Example("model release"),
        Example("model release", request=asked_by("ada.lovelace")),
        Example("model release", {"spec.digest": "x"}, before={}, request=_STRANGER),
    ),
    bad=(
        *about_another(*_OWN),
        *(replace(example, request=_CONTROLLER) for example in about_another(*_OWN)),
        *without(
            *_OWN,
            (_BY, ABSENT),
            (_BY, ""),
            (_BY, "ada.lovelace"),
            (_AUTHOR, ABSENT),
            (_AUTHOR, ""),
            (_TICKET, ABSENT),
            (_TICKET, " "),
            (_EXPIRES, ABSENT),
            (_EXPIRES, LONG_AGO),
            (_EXPIRES, "never"),
        ),
        *(Example(base, request=each) for base in SERVICES for each in (_STRANGER, asked_by("grace.hopper", _GRANT))),
        *(Example("inference service", before={path: "other"}, request=_STRANGER) for path in _RECORD),
        Example("inference service", before={_TICKET: ABSENT}, request=_STRANGER),
        *(
            Example("model approval", {f"spec.{field}": value})
            for field, value in (
                ("release", ABSENT),
                ("release", ""),
                ("approver", ABSENT),
                ("approver", ""),
                ("approver", "ada.lovelace"),
                ("author", ABSENT),
                ("author", ""),
                ("ticket", " "),
                ("digest", "latest"),
                ("expires", LONG_AGO),
            )
        ),
        Example("model approval", request=asked_by("grace.hopper")),
        Example("model approval", request=asked_by("mallory", _GRANT)),
        *(
            Example("model approval", before={f"spec.{field}": value}, request=_CONTROLLER)
            for field, value in (
                ("release", "other"),
                ("digest", "sha256:" + "0d" * 32),
                ("approver", "other"),
                ("author", "other"),
                ("ticket", "MLP-18"),
                ("expires", "2999-01-01T00:00:00Z"),
                ("release", ABSENT),
            )
        ),
        Example("model release", {"spec.author": ABSENT}),
        Example("model release", request=_STRANGER),
        Example("model release", before={"spec.author": "other"}, request=_CONTROLLER),
    ),
    unknown=(
        Example("inference service", {URI: UNKNOWN}),
        Example("inference service", {RISK: UNKNOWN, _BY: ABSENT}),
        Example("deployment", {**server(_OWN[1], "high"), _DIGESTS: UNKNOWN}),
        Example("model approval", {"spec.expires": UNKNOWN}),
        Example("model release", {"spec.author": UNKNOWN}),
    ),
)

_lowered: Final = any_of(
    old[RISK].equals("high") & resource[RISK].is_one_of(("limited", "minimal")),
    old[RISK].equals("limited") & resource[RISK].equals("minimal"),
)
_RECLASSIFIES: Final = asked_by("compliance", f"reclassify {RELEASES}")

ALLOWED = Rule(
    id="AI-02",
    title="No model of the prohibited class is served, and nobody makes a class lower without being allowed to",
    why="Practices that the law forbids are not made legal by good engineering, nor by another label.",
    fix="take the model out of service; if its class is wrong, have it classified again by who may reclassify "
    f"{RELEASES}",
    level=Level.MANDATORY,
    evidence=Evidence.ATTESTED,
    conditions=dict.fromkeys(
        KINDS, ~resource[RISK].equals("prohibited") & (_lowered.implies(may("reclassify", RELEASES)))
    ),
    frameworks={"EU AI Act": ("5", "6")},
    peers=("none",),
    differs="What the class was before, and who asks, is known to the API server only.",
    good=(
        Example("inference service", {RISK: "minimal"}),
        Example("deployment"),
        *(
            Example(base, {RISK: after}, before={RISK: before})
            for base in (*SERVICES, "deployment")
            for before, after in (("limited", "high"), ("minimal", "high"), ("high", "high"), ("minimal", "minimal"))
        ),
        *(Example(base, {RISK: "minimal"}, before={RISK: "high"}, request=_RECLASSIFIES) for base in SERVICES),
    ),
    bad=(
        *(Example(base, {RISK: "prohibited"}) for base in (*SERVICES, "deployment")),
        *(
            Example(base, {RISK: after}, before={RISK: before}, request=_STRANGER)
            for base in (*SERVICES, "deployment")
            for before, after in (("high", "limited"), ("high", "minimal"), ("limited", "minimal"))
        ),
    ),
    unknown=(Example("inference service", {RISK: UNKNOWN}),),
)

RULES: Final = (APPROVED, ALLOWED)
