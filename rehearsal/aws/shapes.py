"""Properties of a resource as parameters of a call: the same names in another spelling, but for a few."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rehearsal.aws.difference import same
from rehearsal.aws.wire import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from botocore.model import Shape


@dataclass
class Translation:
    """What became of the properties."""

    parameters: dict[str, Any]
    unmatched: list[str] = field(default_factory=list)
    """Properties (dotted paths) that the call has no parameter for."""
    sources: dict[str, str] = field(default_factory=dict)
    """Which property each top-level parameter comes from."""


def translate(
    properties: Mapping[str, Any], shape: Shape, names: Mapping[str, str], skip: Collection[str] = ()
) -> Translation:
    """The properties as parameters of this shape. What is unknown becomes some value that the shape allows."""
    translation = Translation({})
    translation.parameters = _structure(properties, shape, _Path("", names, frozenset(skip), translation))
    return translation


def member(name: str, members: Iterable[str]) -> str | None:
    """The member that a property means: the same letters, in singular or plural."""
    letters = {each.lower(): each for each in members}
    asked = name.lower()
    spellings = [asked, f"{asked}s", asked.removesuffix("s"), f"{asked.removesuffix('ies')}y", f"{asked}es"]
    return next((letters[spelling] for spelling in spellings if spelling in letters), None)


@dataclass(frozen=True)
class _Path:
    """Where in the properties a translation is, and what goes with it everywhere."""

    at: str
    names: Mapping[str, str]
    skip: frozenset[str]
    translation: Translation

    def into(self, key: str) -> _Path:
        return _Path(f"{self.at}.{key}" if self.at else key, self.names, self.skip, self.translation)


def _value(value: Any, shape: Shape, path: _Path) -> Any:  # noqa: ANN401 - any value
    if value is UNKNOWN:
        return _sample(shape)
    match shape.type_name:
        case "structure":
            if isinstance(value, list):
                value = value[0] if value else {}
            return _structure(value, shape, path) if isinstance(value, dict) else value
        case "list" if isinstance(value, dict) and (key := _key_of_pairs(shape)):
            text = shape.member.members["Value"]
            return [{key: name, "Value": _value(inner, text, path)} for name, inner in sorted(value.items())]
        case "list":
            elements = value if isinstance(value, list | tuple) else [value]
            return [_value(each, shape.member, path) for each in elements]
        case "map" if isinstance(value, dict):
            return {key: _value(each, shape.value, path) for key, each in value.items()}
        case _:
            return _scalar(value, shape)


def _key_of_pairs(shape: Shape) -> str:
    """How a list that is a map in truth calls its keys; empty for any other list."""
    members = {*getattr(shape.member, "members", ())}
    return next((key for key in ("Key", "Name") if members == {key, "Value"}), "")


def _structure(value: Mapping[str, Any], shape: Shape, path: _Path) -> dict[str, Any]:
    parameters: dict[str, Any] = {}
    for key, inner in value.items():
        here = path.into(key)
        if here.at in path.skip or inner is None or key.startswith("__"):
            continue
        target = path.names.get(here.at) or member(key, shape.members)
        if not target:
            path.translation.unmatched.append(here.at)
            continue
        holder, inside = parameters, shape
        *outer, last = target.split(".")
        for step in outer:
            holder, inside = holder.setdefault(step, {}), _inside(inside, step)
        if not path.at:
            path.translation.sources.setdefault(target.split(".")[0], key)
        holder[last] = _value(inner, _inside(inside, last), here)
    return parameters


def _inside(shape: Shape, name: str) -> Shape:
    """The shape of a structure's member; in a map all values have the same."""
    return shape.value if shape.type_name == "map" else shape.members[name]


def _scalar(value: Any, shape: Shape) -> Any:  # noqa: ANN401
    """The value in the call's type where that is plain; else as it is, for botocore to say what is wrong."""
    kind = shape.type_name
    if kind == "string" and isinstance(value, bool):
        return str(value).lower()
    if kind == "string" and isinstance(value, int | float):
        return str(value)
    if kind == "boolean" and value in ("true", "false"):
        return value == "true"
    if kind == "blob" and isinstance(value, str):
        return value.encode()
    if kind in ("integer", "long", "double", "float") and isinstance(value, str):
        try:
            return float(value) if kind in ("double", "float") else int(value)
        except ValueError:
            return value
    return value


def _sample(shape: Shape) -> Any:  # noqa: ANN401
    """Some value that botocore lets through in the place of an unknown one."""
    least = int(shape.metadata.get("min") or 0)
    match shape.type_name:
        case "structure":
            return {name: _sample(shape.members[name]) for name in shape.required_members}
        case "list":
            return [_sample(shape.member)] * max(least, 1)
        case "map":
            return {}
        case "boolean":
            return True
        case "integer" | "long" | "double" | "float":
            return max(least, 1)
        case "timestamp":
            return "2030-01-01T00:00:00Z"
        case "blob":
            return b"?"
        case _:
            return UnknownText("?" * max(least, 1))


class UnknownText(str):
    """Stands for a text that is not known yet; no rule about texts holds for it."""

    __slots__ = ()


def read_back(old: Mapping[str, Any], answer: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """The inputs as AWS has them now: plain ones, and lists of plain ones, that the answer gives under their name."""
    now = dict(old)
    for key, value in old.items():
        target = names.get(key) or member(key, answer)
        found = answer.get(target) if target else None
        if found is None or value is None:
            continue
        plain = isinstance(value, str | int | bool) or (
            isinstance(value, list) and all(isinstance(each, str) for each in (*value, *found))
        )
        if plain and type(found) is type(value) and not same(value, found):
            now[key] = found
    return now
