"""What serves survives the loss of a machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from policies.language import ABSENT, UNKNOWN, Value, all_of, any_of, parameter, resource
from policies.rule import Example, Level, Rule, Scope
from policies.rules._examples import variants
from policies.rules._workloads import SERVICE

if TYPE_CHECKING:
    from policies.language import Condition

_BUDGET: Final = "policy/PodDisruptionBudget"
_DEPLOYMENT: Final = "apps/Deployment"
_asked: Final = parameter("high_availability").is_true()


def _spread(pod: Value) -> Condition:
    apart = pod["affinity.podAntiAffinity"]
    return any_of(
        pod["topologySpreadConstraints"].is_filled(),
        apart["requiredDuringSchedulingIgnoredDuringExecution"].is_filled(),
        apart["preferredDuringSchedulingIgnoredDuringExecution"].is_filled(),
    )


_spec: Final = resource["spec"]
_POD: Final = "spec.template.spec"
_SPREAD: Final = "topologySpreadConstraints"
_APART: Final = [{"topologyKey": "kubernetes.io/hostname"}]
_LAX: Final = {"high_availability": False}

REPLICATED = Rule(
    id="K8S-12",
    title="What serves has two replicas or more, spread over machines",
    why="Machines are replaced every few weeks, and one with GPUs takes many minutes to come back with its model.",
    fix="set replicas (minReplicas of a predictor) to 2 or more and topologySpreadConstraints or podAntiAffinity",
    level=Level.MANDATORY,
    scope=Scope.TENANTS,
    conditions={
        _DEPLOYMENT: _asked.implies(_spec["replicas"].at_least(2) & _spec["template.spec"].let(_spread)),
        SERVICE: _asked.implies(
            _spec["predictor.minReplicas"].at_least(2) & _spec["predictor"].let(_spread),
        ),
    },
    frameworks={"NIST AI RMF": ("MANAGE 2.2",)},
    peers=("Kyverno require-multiple-replicas", "Kyverno require-pod-topology-spread"),
    differs="The platform's own controllers are not asked: they elect one that works, the others only wait. Nor are "
    "StatefulSets: a database has one that writes. A model that is scaled to zero needs an exception.",
    good=(
        *(Example(base) for base in ("deployment", "inference service")),
        Example("deployment", {"metadata.namespace": "kueue-system", "spec.replicas": 1}),
        Example("deployment", {"spec.replicas": 1}, parameters=_LAX),
        Example("inference service", {"spec.predictor.minReplicas": 1}, parameters=_LAX),
        *(
            Example("deployment", {f"{_POD}.{_SPREAD}": ABSENT, f"{_POD}.affinity.podAntiAffinity.{how}": _APART})
            for how in (
                "requiredDuringSchedulingIgnoredDuringExecution",
                "preferredDuringSchedulingIgnoredDuringExecution",
            )
        ),
    ),
    bad=(
        *variants(
            "deployment",
            ("spec.replicas", 1),
            ("spec.replicas", ABSENT),
            (f"{_POD}.{_SPREAD}", ABSENT),
            (f"{_POD}.{_SPREAD}", []),
        ),
        *variants(
            "inference service",
            ("spec.predictor.minReplicas", 1),
            ("spec.predictor.minReplicas", ABSENT),
            (f"spec.predictor.{_SPREAD}", ABSENT),
        ),
        Example(
            "deployment",
            {
                f"{_POD}.{_SPREAD}": ABSENT,
                f"{_POD}.affinity.podAntiAffinity": {
                    "requiredDuringSchedulingIgnoredDuringExecution": [],
                    "preferredDuringSchedulingIgnoredDuringExecution": [],
                },
            },
        ),
    ),
    unknown=(
        *variants("deployment", ("spec.replicas", UNKNOWN), (f"{_POD}.{_SPREAD}", UNKNOWN)),
        Example("inference service", {"spec.predictor.minReplicas": UNKNOWN}),
    ),
)

_BY_NAME: Final = "serving.kserve.io/inferenceservice"
_budgets: Final = resource.named_in(_BUDGET, "metadata.namespace", by=("metadata.namespace",))
_pod_labels: Final = _spec["template.metadata.labels"]


def _bounds(budget: Value) -> Condition:
    limits = budget["spec"]
    return all_of(
        limits["maxUnavailable"].exists() | limits["minAvailable"].exists(),
        limits["selector.matchLabels"].is_filled(),
        ~limits["selector.matchExpressions"].is_filled(),
    )


def _selects_its_pods(budget: Value) -> Condition:
    wanted = budget["spec.selector.matchLabels"]
    return _bounds(budget) & wanted.every(lambda key: _pod_labels.key(key).equals(wanted.key(key)))


def _selects_its_predictor(budget: Value) -> Condition:
    named = budget["spec.selector.matchLabels"].key(_BY_NAME)
    return _bounds(budget) & named.equals(resource["metadata.name"])


_OWN: Final = Example("disruption budget")
_LABELS: Final = "spec.selector.matchLabels"
_USELESS: Final[tuple[dict[str, Any], ...]] = (
    {"metadata.namespace": "team-audio"},
    {_LABELS: {"app": "other"}},
    {_LABELS: {"app": "example", "tier": "web"}},
    {_LABELS: {}},
    {_LABELS: ABSENT},
    {"spec.selector.matchExpressions": [{"key": "app", "operator": "DoesNotExist"}]},
    {"spec.maxUnavailable": ABSENT},
)
_OF_SERVICE: Final = {_LABELS: {_BY_NAME: "example"}}

BUDGETED = Rule(
    id="K8S-14",
    title="What serves has a disruption budget, so that machines are emptied one replica at a time",
    why="Two replicas are lost as fast as one when an upgrade drains both of their machines.",
    fix="add a PodDisruptionBudget with maxUnavailable whose selector.matchLabels are labels of the pods (of a model, "
    f"{_BY_NAME}: its name)",
    level=Level.MANDATORY,
    scope=Scope.TENANTS,
    related=(_BUDGET,),
    conditions={
        _DEPLOYMENT: _asked.implies(_budgets.some(lambda budget: _selects_its_pods(budget))),
        SERVICE: _asked.implies(_budgets.some(lambda budget: _selects_its_predictor(budget))),
    },
    frameworks={"NIST AI RMF": ("MANAGE 2.2",)},
    peers=("Kyverno require-pdb",),
    differs="The second half of K8S-12 in the catalogue. A selector with matchExpressions is not followed. Of objects "
    "that are not in the program, the API server alone knows: there it is not asked.",
    good=(
        Example("deployment", beside=(_OWN,)),
        Example("deployment", beside=(Example("disruption budget", {"spec.selector.matchExpressions": []}),)),
        *(Example(base, parameters=_LAX) for base in ("deployment", "inference service")),
        Example("deployment", beside=(Example("disruption budget", {"spec.selector.matchLabels": {"app": "b"}}), _OWN)),
        Example(
            "deployment",
            beside=(Example("disruption budget", {"spec.maxUnavailable": ABSENT, "spec.minAvailable": 1}),),
        ),
        Example("inference service", beside=(Example("disruption budget", _OF_SERVICE),)),
        Example("deployment", {"metadata.namespace": "kueue-system"}),
    ),
    bad=(
        *(Example(base) for base in ("deployment", "inference service")),
        *(Example("deployment", beside=(Example("disruption budget", but),)) for but in _USELESS),
        Example("inference service", beside=(Example("disruption budget", {_LABELS: {_BY_NAME: "other"}}),)),
        Example(
            "inference service", beside=(Example("disruption budget", {**_OF_SERVICE, "spec.maxUnavailable": ABSENT}),)
        ),
    ),
    unknown=(
        Example("deployment", {"spec.template.metadata.labels": UNKNOWN}, beside=(_OWN,)),
        Example("deployment", beside=(Example("disruption budget", {"metadata.namespace": UNKNOWN}),)),
        Example("inference service", {"metadata.name": UNKNOWN}, beside=(Example("disruption budget", _OF_SERVICE),)),
    ),
)

RULES: Final = (REPLICATED, BUDGETED)
