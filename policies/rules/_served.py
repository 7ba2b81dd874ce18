"""Served models: the kinds that serve one, what they say of it, and what they refer to it by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from policies.language import Value, all_of, resource
from policies.rules._workloads import PREDICTORS, at

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from policies.language import Condition

SERVICE: Final = "serving.kserve.io/InferenceService"
LLM_SERVICE: Final = "serving.kserve.io/LLMInferenceService"
DEPLOYMENT: Final = "apps/Deployment"
KINDS: Final = (SERVICE, LLM_SERVICE, DEPLOYMENT)
RELEASES: Final = "mlplatform.dev/modelreleases"
"""What a user must be allowed to approve, reclassify, resume or roll back, to do that to a served model."""

COMPONENT: Final = 'metadata.labels["app.kubernetes.io/component"]'
SYSTEM: Final = 'metadata.labels["mlplatform.dev/system-id"]'
RISK: Final = 'metadata.labels["mlplatform.dev/risk-class"]'
_IS_DIGEST: Final = "^([0-9a-f]{64}|[0-9a-f]{40})$"


def annotation(name: str) -> str:
    """The path of one of the platform's annotations."""
    return f'metadata.annotations["mlplatform.dev/{name}"]'


def is_server() -> Condition:
    """The Deployment serves a model: it says so."""
    return resource[COMPONENT].equals("model-server")


def wherever_served(conditions: Mapping[str, Condition]) -> dict[str, Condition]:
    """The conditions, that of Deployments for those that serve a model."""
    return {kind: is_server().implies(each) if kind == DEPLOYMENT else each for kind, each in conditions.items()}


def of_risk(classes: tuple[str, ...] | Value) -> Condition:
    """The model's risk class is one of them."""
    return resource[RISK].is_one_of(classes)


def every_reference(judge: Callable[[Value], Condition]) -> dict[str, Condition]:
    """The condition of everything that each kind refers to a model by; of an image, where the model is in one."""

    def of_predictor(predictor: Value) -> Condition:
        uri, own = predictor["model.storageUri"], predictor["containers"]
        return all_of(
            uri.let(lambda uri: ~uri.exists() | judge(uri)),
            predictor["storageUris"].every(lambda each: each["uri"].let(judge)),
            predictor["model"].exists() | ~own.is_filled() | own.some(lambda each: each["image"].let(judge)),
        )

    return {
        SERVICE: all_of(*(at(path, of_predictor) for path in PREDICTORS)),
        LLM_SERVICE: resource["spec.model.uri"].let(judge),
        DEPLOYMENT: resource["spec.template.spec.containers"].some(lambda each: each["image"].let(judge)),
    }


def names_the_model(path: str) -> dict[str, Condition]:
    """What stands at the path holds the digest of each thing that the kind serves."""

    def named(reference: Value) -> Condition:
        return reference.digest().matches(_IS_DIGEST) & resource[path].has_in_it(reference.digest())

    return every_reference(named)
