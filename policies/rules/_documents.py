"""IAM policies: what a document's statements say, whether it is a text or an object and has one statement or many."""

from __future__ import annotations

from typing import TYPE_CHECKING

from policies.language import Value, all_of, any_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from policies.language import Condition


def statements(document: Value) -> Value:
    """The statements of a policy."""
    return document.json()["Statement"].listed()


def every_allowance(document: Value, condition: Callable[[Value], Condition]) -> Condition:
    """The condition holds for every statement that allows something; a policy that says nothing holds too."""
    return statements(document).every(lambda statement: statement["Effect"].equals("Deny") | condition(statement))


def of_somebody(statement: Value) -> Condition:
    """The statement names whom it is about: not everybody."""
    return all_of(
        ~statement["NotPrincipal"].exists(),
        statement["Principal.AWS"].listed().every(lambda principal: ~principal.equals("*")),
    )


def of_everybody(statement: Value) -> Condition:
    """The statement is about everybody."""
    return any_of(
        statement["Principal"].equals("*"),
        statement["Principal.AWS"].listed().some(lambda principal: principal.equals("*")),
    )
