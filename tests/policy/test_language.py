"""Conditions are true, false or unknown of a resource, and say where."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.language import (
    UNKNOWN,
    Truth,
    any_of,
    at_most_one,
    now,
    old,
    parameter,
    resource,
    spell,
    steps,
)
from policies.language.quantities import quantity
from policies.language.truth import conjunction, disjunction
from tests.policy.asking import truth

if TYPE_CHECKING:
    from policies.language import Condition

pytestmark = pytest.mark.policy

VALUES = st.sampled_from([True, False, None])
CONTAINERS = resource["spec.containers"]


def made_of(values: list[bool | None]) -> list[Truth]:
    return [Truth(value) for value in values]


@given(st.lists(VALUES))
def test_a_conjunction_is_false_if_one_is_else_unknown_if_one_is(values: list[bool | None]) -> None:
    expected = False if False in values else None if None in values else True
    assert conjunction(made_of(values)).value is expected


@given(st.lists(VALUES))
def test_negation_turns_a_conjunction_into_a_disjunction(values: list[bool | None]) -> None:
    assert (~conjunction(made_of(values))).value is disjunction(~each for each in made_of(values)).value


@pytest.mark.parametrize(
    ("condition", "of_absent"),
    [
        (resource["a"].exists(), False),
        (resource["a"].is_true(), False),
        (~resource["a"].is_true(), True),
        (resource["a"].is_false(), False),
        (resource["a"].equals("x"), False),
        (resource["a"].at_least(1), False),
        (resource["a"].quantity_at_most("1Gi"), False),
        (resource["a"].at_most(1), False),
        (resource["a"].matches("."), False),
        (resource["a"].has_in_it("x"), False),
        (resource["a"].is_later_than(now), False),
        (resource["a"].json()["b"].exists(), False),
        (resource["a"].listed().is_filled(), False),
        (resource["a"].is_one_of(("x",)), False),
        (resource["a"].is_filled(), False),
        (resource["a"].every(lambda each: each.is_true()), True),
        (resource["a"].some(lambda each: each.is_true()), False),
    ],
)
def test_a_test_of_an_absent_value_is_false_and_of_an_unknown_one_unknown(
    condition: Condition, of_absent: bool
) -> None:
    assert truth(condition, {}).value is of_absent
    assert truth(condition, {"a": None}).value is of_absent
    assert truth(condition, {"a": UNKNOWN}).value is None
    assert truth(condition, UNKNOWN).value is None


def test_a_verdict_names_the_places_that_made_it() -> None:
    hardened = CONTAINERS.every(lambda container: container["securityContext.privileged"].is_false())
    found = truth(hardened, {"spec": {"containers": [{}, {"securityContext": {"privileged": True}}]}})
    assert [spell(place) for place in found.places] == [
        "spec.containers[0].securityContext.privileged",
        "spec.containers[1].securityContext.privileged",
    ]


def test_what_is_certain_decides_whatever_else_is_unknown() -> None:
    both = resource["a"].is_true() & resource["b"].is_true()
    assert truth(both, {"a": UNKNOWN, "b": False}).value is False
    assert truth(both, {"a": UNKNOWN, "b": True}).value is None
    assert truth(any_of(resource["a"].is_true(), resource["b"].is_true()), {"a": UNKNOWN, "b": True}).value is True


@pytest.mark.parametrize(
    ("condition", "value"),
    [
        (resource["a"].is_true(), "true"),
        (resource["a"].equals("1"), 1),
        (resource["a"].equals(1), True),
        (resource["a"].at_least(1), "2"),
        (resource["a"].at_most(1), "2"),
        (resource["a"].matches("x"), 3),
        (resource["a"].has_in_it("x"), 3),
        (resource["a"].is_later_than(now), "tomorrow"),
        (resource["a"].is_later_than(now), "2026-02-30T00:00:00Z"),
        (resource["a"].is_later_than(now), "2026-11-22"),
        (resource["a"].is_later_than(now), "2026-11-22T09:00:00"),
        (resource["a"].json()["b"].exists(), "{"),
        (resource["a"].base64().matches("x"), "?"),
        (resource["a"].digest().matches("x"), 3),
        (resource["a"].is_one_of(("x",)), ["x"]),
        (resource["a"].quantity_at_most("1Gi"), "a lot"),
        (resource["a"].every(lambda each: each.exists()), "text"),
        (resource["a.b"].exists(), "text"),
        (resource["a.b"].let(lambda b: b.exists()), "text"),
        (resource["a"].is_filled(), 3),
    ],
)
def test_a_value_of_another_type_is_a_fault_and_neither_true_nor_false(condition: Condition, value: object) -> None:
    for each in (condition, ~condition):
        found = truth(each, {"a": value})
        assert found.value is None
        assert found.faults


def test_a_fault_does_not_count_where_the_rest_decides() -> None:
    condition = any_of(resource["a"].is_true(), resource["b"].is_true())
    assert truth(condition, {"a": "yes", "b": True}) == truth(condition, {"a": False, "b": True})


def test_a_fault_and_an_unknown_may_be_true_only_where_one_is_enough() -> None:
    fault, unknown = resource["a"].is_true(), resource["b"].is_true()
    of = {"a": "yes", "b": UNKNOWN}
    assert truth(fault & unknown, of).possible == {False}
    assert truth(fault | unknown, of).possible == {True}
    assert truth(~(fault | unknown), of).possible == {False}
    assert truth((fault | unknown) & unknown, of).possible == {True, False}
    assert truth(fault, of).possible == set()
    assert truth(unknown, of).possible == {True, False}


def test_no_more_than_one_is_judged_by_what_the_unknown_could_be() -> None:
    one = at_most_one((CONTAINERS,), lambda container: container["gpu"].is_true())
    for values, expected in (
        ([True, False], True),
        ([True, True, UNKNOWN], False),
        ([True, UNKNOWN], None),
        ([UNKNOWN, False], True),
        ([UNKNOWN, UNKNOWN], None),
    ):
        assert truth(one, {"spec": {"containers": [{"gpu": value} for value in values]}}).value is expected, values


def test_a_list_that_is_unknown_may_hold_any_number() -> None:
    one = at_most_one((CONTAINERS,), lambda container: container["gpu"].is_true())
    assert truth(one, {"spec": {"containers": UNKNOWN}}).value is None
    assert truth(one, {"spec": {"containers": "many"}}).value is None


@pytest.mark.parametrize(
    ("expression", "text", "found"),
    [
        (r"^a\d$", "a1", True),
        (r"^a\d$", "a1\n", False),
        (r"^a\d$", "a٣", False),
        (r"a\$", "a$b", True),
        (r"=[^\]$]", "=$b", False),
        (r"=[^$]", "=b", True),
    ],
)
def test_expressions_mean_what_they_mean_in_re2(expression: str, text: str, found: bool) -> None:
    assert truth(resource["a"].matches(expression), {"a": text}).value is found


def test_keys_may_come_from_the_resource_itself() -> None:
    limits = resource["limits"]
    within = limits.every(lambda name: limits.key(name).quantity_at_most(parameter("limit")))
    assert truth(within, {"limits": {"a": "8", "b": "500m"}}).value is True
    assert truth(within, {"limits": {"a": "8", "b": "9"}}).value is False


def test_the_present_object_can_be_compared_with_the_one_before() -> None:
    same = old["queue"].exists().implies(resource["queue"].equals(old["queue"]))
    assert truth(same, {"queue": "a"}).value is True
    assert truth(same, {"queue": "a"}, old={"queue": "b"}).value is False
    assert truth(same, {"queue": "a"}, old={"queue": UNKNOWN}).value is None


@given(
    st.lists(st.one_of(st.integers(0, 99), st.text(st.characters(exclude_characters='"[]'), min_size=1)), min_size=1)
)
def test_a_place_is_spelled_so_that_it_can_be_read_back(place: list[str | int]) -> None:
    if isinstance(place[0], str):
        assert steps(spell(place)) == tuple(place)


@pytest.mark.parametrize("wrong", ["", "a..b", "a[", "a[x]", ".a", 'a["b]'])
def test_a_path_that_is_none_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match="not a path"):
        steps(wrong)


@pytest.mark.parametrize(
    ("text", "number"),
    [("500m", "0.5"), ("1Gi", 2**30), ("1.5k", 1500), (4, 4), ("2e3", 2000), (".5", "0.5"), ("-1", -1)],
)
def test_quantities_are_exact(text: str | int, number: str | int) -> None:
    assert quantity(text) == Decimal(number)


@pytest.mark.parametrize("wrong", ["", "1 Gi", "1gi", "Gi", "0x10", "1e", "∞"])
def test_what_is_no_quantity_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match="not a quantity"):
        quantity(wrong)
