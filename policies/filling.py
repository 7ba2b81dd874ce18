"""What a rule's defaults make of a resource: the same that the pack's remediation does, on plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from policies.language import UNKNOWN, steps

if TYPE_CHECKING:
    from policies.language import Place
    from policies.resource import Resource
    from policies.rule import Rule


def filled(rule: Rule, resource: Resource) -> Resource:
    """The resource with the rule's values wherever it has none; what somebody wrote, or computes, stays."""
    properties: Any = resource.properties
    for default in rule.defaults.get(resource.type, ()):
        properties = _at(properties, default.at.split("[*]"), steps(default.path), default.value)
    return replace(resource, properties=properties)


def _at(value: object, way: list[str], path: Place, default: object) -> object:
    """The value with the default at every place of the way; as it is where the way there is missing."""
    keys = steps(way[0].removeprefix(".")) if way[0] else ()
    return _inside(value, keys, way[1:], path, default)


def _inside(value: object, keys: Place, rest: list[str], path: Place, default: object) -> object:
    if keys:
        key = str(keys[0])
        if not isinstance(value, Mapping) or value.get(key) is None:
            return value
        return {**value, key: _inside(value[key], keys[1:], rest, path, default)}
    if rest:
        return [_at(each, rest, path, default) for each in value] if isinstance(value, list) else value
    return _given(value, path, default)


def _given(value: object, path: Place, default: object) -> object:
    if not path:
        return default if value is None else value
    if value is UNKNOWN or not (value is None or isinstance(value, Mapping)):
        return value
    inner: Mapping[str, Any] = value or {}
    key = str(path[0])
    return {**inner, key: _given(inner.get(key), path[1:], default)}
