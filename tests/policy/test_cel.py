"""Conditions on one object are written as CEL; others are refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from policies.language import all_of, every, may, now, old, parameter, requester, resource
from policies.language.cel import NotInCelError, to_cel

if TYPE_CHECKING:
    from policies.language import Condition

pytestmark = pytest.mark.policy


@pytest.mark.parametrize(
    ("condition", "expression"),
    [
        (resource["n"].at_least(2), "(object.?n.hasValue() && object.?n.value() >= 2)"),
        (
            resource["cs"].every(lambda c: ~c["on"].is_true()),
            "optional.ofNonZeroValue(object.?cs.orValue([])).orValue([]).all(c, !(c.?on.orValue(false) == true))",
        ),
        (resource['labels["a/b"]'].exists(), '(object.?labels[?"a/b"].orValue(null) != null)'),
        (
            resource["x"].quantity_at_most(parameter("limit")),
            '(object.?x.hasValue() && quantity("%s".format([object.?x.value()])).compareTo('
            'quantity("%s".format([8]))) <= 0)',
        ),
        (resource["spec"].let(lambda pod: pod["hostPID"].exists()), "(object.?spec.?hostPID.orValue(null) != null)"),
        (
            every((resource["as"], resource["bs"]), lambda each: each["x"].starts_with("y")),
            "(optional.ofNonZeroValue(object.?as.orValue([])).orValue([])"
            " + optional.ofNonZeroValue(object.?bs.orValue([])).orValue([]))"
            '.all(each, each.?x.orValue("").startsWith("y"))',
        ),
        (resource["x"].matches("^$"), '(object.?x.hasValue() && object.?x.value().matches("^$"))'),
        (resource["x"].is_one_of(("y", "z")), '(object.?x.orValue("") in ["y", "z"])'),
        (old["a"].exists(), "(optional.ofNonZeroValue(oldObject).?a.orValue(null) != null)"),
        (all_of(), "true"),
    ],
)
def test_a_condition_is_written_as_cel(condition: Condition, expression: str) -> None:
    assert to_cel(condition, {"limit": 8}) == expression


@pytest.mark.parametrize(
    ("condition", "expression"),
    [
        (
            resource["a"].digest().equals("0"),
            '(object.?a.hasValue() && object.?a.value().find("[0-9a-f]{64}|[0-9a-f]{40}") == "0")',
        ),
        (resource["a"].has_in_it("x"), 'object.?a.orValue("").contains("x")'),
        (
            resource["a"].is_later_than(now, days=parameter("limit")),
            '(object.?a.hasValue() && timestamp(string(object.?a.value())) + duration("192h") > '
            "timestamp(string(object.metadata.creationTimestamp)))",
        ),
        (requester.exists(), "request.?userInfo.?username.hasValue()"),
        (
            may("approve", "mlplatform.dev/modelreleases"),
            'authorizer.group("mlplatform.dev").resource("modelreleases").namespace(request.namespace)'
            '.check("approve").allowed()',
        ),
    ],
)
def test_time_and_who_asks_are_asked_of_the_api_server(condition: Condition, expression: str) -> None:
    assert to_cel(condition, {"limit": 8}) == expression


@pytest.mark.parametrize(
    "condition",
    [
        resource.named_in("core/Secret", "metadata.namespace", by=("metadata.name",)).some(lambda each: each.exists()),
        resource["policy"].json().exists(),
        resource["policy"].listed().is_filled(),
    ],
)
def test_a_condition_on_other_resources_or_inside_a_text_has_no_cel(condition: Condition) -> None:
    with pytest.raises(NotInCelError):
        to_cel(condition, {})
