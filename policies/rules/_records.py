"""Examples of records that are about the served model, and of records that are not, wherever the model is named."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from policies.language import ABSENT
from policies.rule import Example
from policies.rules._bases import DIGEST, IMAGE, MODEL, pod
from policies.rules._served import COMPONENT, RISK

if TYPE_CHECKING:
    from collections.abc import Mapping

URI: Final = "spec.predictor.model.storageUri"
SERVICES: Final = ("inference service", "llm inference service")
_OTHER_HASH: Final = "0d" * 32
_OTHER: Final = f"s3://models/defects/sha256-{_OTHER_HASH}"
_OTHER_IMAGE: Final = IMAGE.replace(DIGEST, f"sha256:{_OTHER_HASH}")
_IN_POD: Final = "spec.template.spec.containers[1].image"


def server(record: Mapping[str, Any], risk: str) -> dict[str, Any]:
    """A Deployment that serves the model in its image, with that on record."""
    return {COMPONENT: "model-server", RISK: risk, **record}


def about_it(risk: str, record: Mapping[str, Any], subject: str) -> tuple[Example, ...]:
    """What serves the model that ``subject`` names; ``record`` is the rest of what a Deployment needs."""
    of_image = {RISK: risk, subject: DIGEST}
    deployed = server({**record, subject: DIGEST}, risk)
    return (
        *(Example(base, {RISK: risk}) for base in SERVICES),
        Example("inference service", {RISK: risk, "spec.canary[0].predictor.model": {"storageUri": MODEL}}),
        Example("inference service", {RISK: risk, URI: ABSENT, "spec.predictor.storageUris": [{"uri": MODEL}]}),
        Example("inference service", {RISK: risk, "spec.predictor.containers": [{"image": _OTHER_IMAGE}]}),
        Example("inference service", {RISK: risk, "spec.predictor": {}}),
        Example("inference service", {RISK: risk, "spec.predictor": {"containers": []}}),
        Example("inference service", {**of_image, "spec.predictor": pod()}),
        Example(
            "inference service",
            {**of_image, "spec.predictor": pod(), "spec.predictor.containers[1].image": _OTHER_IMAGE},
        ),
        Example("deployment", {RISK: risk}),
        Example("deployment", {RISK: risk, COMPONENT: "database"}),
        Example("deployment", deployed),
        Example("deployment", {**deployed, _IN_POD: _OTHER_IMAGE}),
    )


def about_another(risk: str, record: Mapping[str, Any], subject: str) -> tuple[Example, ...]:
    """What serves a model that ``subject`` does not name, or that no digest names."""
    return (
        *(
            Example(base, {RISK: risk, **but})
            for base, but in (
                ("inference service", {URI: _OTHER}),
                ("inference service", {URI: "s3://models/latest"}),
                ("inference service", {"spec.canary[0].predictor.model": {"storageUri": _OTHER}}),
                ("inference service", {URI: ABSENT, "spec.predictor.storageUris": [{"uri": MODEL}, {"uri": _OTHER}]}),
                ("inference service", {"spec.predictor": pod()}),
                ("llm inference service", {"spec.model.uri": f"oci://ghcr.io/a/b@sha256:{_OTHER_HASH}"}),
                ("llm inference service", {"spec.model.uri": "oci://ghcr.io/a/b:latest"}),
            )
        ),
        *(Example(base, {RISK: risk, subject: ABSENT}) for base in SERVICES),
        Example("deployment", server({**record, subject: f"sha256:{_OTHER_HASH}"}, risk)),
        Example("deployment", server({**record, subject: ABSENT}, risk)),
    )


def without(risk: str, record: Mapping[str, Any], subject: str, *wrong: tuple[str, object]) -> tuple[Example, ...]:
    """What serves a model of which something else is wrong on record."""
    return tuple(
        Example(base, {**also, path: value})
        for path, value in wrong
        for base, also in (
            *((base, {RISK: risk}) for base in SERVICES),
            ("deployment", server({**record, subject: DIGEST}, risk)),
        )
    )
