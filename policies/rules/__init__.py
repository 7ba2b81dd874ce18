"""The catalogue: every rule, in the order of its page."""

from typing import Final

from policies.rule import Rule
from policies.rules import (
    accelerators,
    access,
    availability,
    buckets,
    eks,
    eks_records,
    evidence,
    guards,
    identities,
    keys,
    models,
    networks,
    node_pools,
    nodes,
    ownership,
    pod_contents,
    pod_host,
    pod_operation,
    pod_privileges,
    serving_roles,
    stores,
    tenancy,
)

_FAMILIES: Final = (
    accelerators,
    access,
    availability,
    buckets,
    eks,
    eks_records,
    evidence,
    guards,
    identities,
    keys,
    models,
    networks,
    node_pools,
    nodes,
    ownership,
    pod_contents,
    pod_host,
    pod_operation,
    pod_privileges,
    serving_roles,
    stores,
    tenancy,
)

RULES: Final[tuple[Rule, ...]] = tuple(
    sorted((rule for family in _FAMILIES for rule in family.RULES), key=lambda rule: rule.id)
)
