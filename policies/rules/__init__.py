"""The catalogue: every rule, in the order of its page."""

from typing import Final

from policies.rule import Rule
from policies.rules import (
    accelerators,
    access,
    approvals,
    availability,
    buckets,
    eks,
    eks_records,
    evidence,
    guards,
    identities,
    keys,
    model_control,
    model_records,
    model_watch,
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
    training_inputs,
)

_FAMILIES: Final = (
    accelerators,
    access,
    approvals,
    availability,
    buckets,
    eks,
    eks_records,
    evidence,
    guards,
    identities,
    keys,
    model_control,
    model_records,
    model_watch,
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
    training_inputs,
)

RULES: Final[tuple[Rule, ...]] = tuple(
    sorted((rule for family in _FAMILIES for rule in family.RULES), key=lambda rule: rule.id)
)
