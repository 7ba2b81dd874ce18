"""Rules about AWS name properties that the provider's SDK has: a misspelled one would be absent everywhere."""

from __future__ import annotations

import importlib
import typing
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any

import pytest
from pulumi import _types as types  # the SDK's own table of what a resource has

from policies.language.paths import Path, Reading
from policies.proof.cases import cases
from policies.rules import RULES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from policies.rule import Rule

pytestmark = [pytest.mark.policy, pytest.mark.filterwarnings("ignore::DeprecationWarning")]
aws = pytest.importorskip("pulumi_aws")

ALWAYS_THERE = frozenset({"id"})
PROVIDER = "pulumi:providers:aws"
CLOUD_RULES = [rule for rule in RULES if any(kind.startswith(("aws:", PROVIDER)) for kind in rule.conditions)]


def properties_of(kind: str) -> dict[str, Any]:
    """The properties of a type, and what each may be."""
    _, module, name = kind.split(":")
    if kind == PROVIDER:
        return dict.fromkeys(types.input_type_py_to_pulumi_names(aws.ProviderArgs).values(), str)
    return types.resource_types(getattr(importlib.import_module(f"pulumi_aws.{module.partition('/')[0]}"), name))


def unknown_names(value: Any, type_: Any, place: str) -> Iterator[str]:
    """The keys in a value that its type does not have."""
    type_ = types.unwrap_type(type_)
    if types.is_output_type(type_) and isinstance(value, Mapping):
        known = types.output_type_types(type_)
        for key, each in value.items():
            if key in known:
                yield from unknown_names(each, known[key], f"{place}.{key}")
            else:
                yield f"{place}.{key}"
    elif isinstance(value, list) and typing.get_args(type_):
        for each in value:
            yield from unknown_names(each, typing.get_args(type_)[0], place)


def paths_in(part: object) -> Iterator[Path]:
    if isinstance(part, Path):
        yield part
    elif isinstance(part, tuple):
        for each in part:
            yield from paths_in(each)
    elif is_dataclass(part):
        for field in fields(part):
            yield from paths_in(getattr(part, field.name))


def known_way(path: Path, kind: str) -> bool:
    """Whether the path leads to something that the type may have."""
    here: Any = properties_of(kind)
    for key in path.keys:
        if not isinstance(here, dict) or isinstance(key, Path | Reading):
            return True
        if key not in here and key not in ALWAYS_THERE:
            return False
        type_ = types.unwrap_type(here.get(key, str))
        here = types.output_type_types(type_) if types.is_output_type(type_) else None
    return True


@pytest.mark.parametrize("rule", CLOUD_RULES, ids=lambda rule: rule.id)
def test_examples_have_only_properties_that_the_provider_knows(rule: Rule) -> None:
    for case in cases(rule):
        for each in case.resources:
            if each.type.startswith(("aws:", PROVIDER)):
                known = properties_of(each.type)
                assert set(each.properties) <= set(known) | ALWAYS_THERE, each.type
                for key, value in each.properties.items():
                    assert not list(unknown_names(value, known.get(key, str), key)), case.label


@pytest.mark.parametrize("rule", CLOUD_RULES, ids=lambda rule: rule.id)
def test_conditions_ask_only_for_properties_that_the_provider_knows(rule: Rule) -> None:
    for kind, condition in rule.conditions.items():
        if kind.startswith(("aws:", PROVIDER)):
            for path in paths_in(condition):
                assert path.root != "object" or known_way(path, kind), (kind, path)
