"""The policy pack as it is, but with the parameters that the rules' examples are judged by, and one broken rule."""

import json
from dataclasses import replace

from policies.language import Condition, Truth
from policies.language.paths import Scope
from policies.pack.server import Pack, serve
from policies.rules import RULES
from policies.rules._examples import PARAMETERS


class Broken(Condition):
    """A condition with a defect."""

    def evaluate(self, scope: Scope) -> Truth:
        raise KeyError(f"a defect among {len(scope)} names")


DEFECT = replace(RULES[0], id="DEFECT-01", conditions={"core/ConfigMap": Broken()}, defaults={})
OTHER = replace(
    RULES[0],
    id="OTHER-01",
    conditions={"core/ConfigMap": RULES[0].conditions["serving.kserve.io/InferenceService"]},
    defaults={},
)

serve(
    Pack("examples", "0.0.1", (DEFECT, *RULES, OTHER), lambda stack: replace(PARAMETERS, **json.loads(stack or "{}")))
)
