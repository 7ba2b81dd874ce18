"""Which examples an API server has nothing to say on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cli.proof.answers import NotAsked
from policies.admission import in_cluster, reads_request

if TYPE_CHECKING:
    from policies.proof.cases import Case


def not_in_cluster(case: Case) -> NotAsked | None:
    """Why; None where it can be asked."""
    if case.rule.graph:
        return NotAsked("a policy sees one object, the rule is about several")
    conditions = in_cluster(case.rule)
    if case.judged.type not in conditions:
        return NotAsked("is no object that the API server asks policies about")
    if case.request is None and reads_request(conditions[case.judged.type]):
        return NotAsked("the API server knows who asks, the example does not say")
    return NotAsked("the API server knows every value") if case.role == "unknown" else None
