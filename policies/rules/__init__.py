"""The catalogue: every rule, in the order of its page."""

from typing import Final

from policies.rule import Rule
from policies.rules import (
    accelerators,
    access,
    models,
    ownership,
    pod_contents,
    pod_host,
    pod_operation,
    pod_privileges,
    tenancy,
)

_FAMILIES: Final = (
    accelerators,
    access,
    models,
    ownership,
    pod_contents,
    pod_host,
    pod_operation,
    pod_privileges,
    tenancy,
)

RULES: Final[tuple[Rule, ...]] = tuple(
    sorted((rule for family in _FAMILIES for rule in family.RULES), key=lambda rule: rule.id)
)
