"""Every example of every rule, as resources with the verdict that they must get wherever rules are enforced."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from policies.judgement import Outcome, Surroundings, Verdict, judge
from policies.rules._examples import PARAMETERS, before, resources

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from policies.resource import Resource
    from policies.rule import Rule

EXPECTED = {
    "good": frozenset({Outcome.PASS, Outcome.EXEMPT}),
    "bad": frozenset({Outcome.FAIL}),
    "unknown": frozenset({Outcome.UNDETERMINED, Outcome.DEFERRED}),
}
"""The outcomes that an example of each kind may have."""


@dataclass(frozen=True)
class Case:
    """A stack whose first resource the rule judges."""

    rule: Rule
    role: str
    """``good``, ``bad`` or ``unknown``."""
    resources: tuple[Resource, ...]
    old: Mapping[str, Any] | None
    request: Mapping[str, Any] | None
    changed_parameters: Mapping[str, Any]
    label: str

    @property
    def judged(self) -> Resource:
        """The resource that the example is about."""
        return self.resources[0]

    def verdict(self) -> Verdict:
        """What the Python evaluator says."""
        return judge(self.rule, self.judged, self.surroundings)

    @property
    def surroundings(self) -> Surroundings:
        """The rest of the example's stack, the object as it was, who asks, and the parameters."""
        parameters = replace(PARAMETERS, **self.changed_parameters)
        return replace(Surroundings.of_stack(parameters, self.resources), old=self.old, request=self.request)

    @property
    def of_a_request(self) -> bool:
        """Whether the example shows what only the API server knows: who asks, and the object as it was."""
        return self.old is not None or self.request is not None

    @property
    def as_expected(self) -> bool:
        """Whether the evaluator agrees with the example."""
        return self.verdict().outcome in EXPECTED[self.role]


def cases(rule: Rule) -> Iterator[Case]:
    """The cases of a rule, in the order of its examples."""
    for role, examples in (("good", rule.good), ("bad", rule.bad), ("unknown", rule.unknown)):
        for number, example in enumerate(examples, start=1):
            changes = ", ".join(f"{path}={value}" for path, value in example.but.items())
            label = f"{rule.id} {role} {number}: {example.of} {changes}".strip()
            old, request = before(example), example.request
            yield Case(rule, role, resources(example), old, request, example.parameters, label)
