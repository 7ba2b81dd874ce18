"""Reads YAML as the engine reads it, and remembers the line of every key.

PyYAML follows YAML 1.1, where `on` is a boolean and `12:30` a number; the engine (Go's yaml.v3) does not.
A tool that reads a stack file must come to the same values as the program, which the engine hands them.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import Any, Final

import yaml

from stacks._report import HIDDEN, Json, Steps

_DEEPEST = 40
_MOST_VALUES = 500_000
_LONGEST_NUMBER = 250  # whatever its base, it fits into a float

_CONSTANTS: Final = {
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys(("null", "Null", "NULL", "~", ""), None),
}
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*|0x[0-9a-fA-F]+|0o[0-7]+|0b[01]+)")
_OLD_OCTAL = re.compile(r"[-+]?0[0-7]+")
_FRACTION = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NO_NUMBER = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_PLAIN: Final = "plain"
_TEXT: Final = "tag:yaml.org,2002:str"


class NotYamlError(Exception):
    """The text is not YAML, or more than a stack file can sensibly hold; ``line`` says where, if known."""

    def __init__(self, said: str, line: int | None) -> None:
        super().__init__(said)
        self.line = line


@dataclass(frozen=True)
class Flaw:
    """Something that YAML allows and a stack file does not."""

    steps: Steps
    wrong: str
    got: str
    remedy: str


@dataclass
class Document:
    """Plain JSON values with the line of each key; encrypted values are placeholders."""

    value: Json = None
    lines: dict[Steps, int] = field(default_factory=dict)
    encrypted: set[Steps] = field(default_factory=set)
    flaws: list[Flaw] = field(default_factory=list)


def parse(text: str) -> Document:
    """The one document of the text; raises NotYamlError."""
    try:
        node = yaml.compose(text, Loader=_PlainLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        # What YAML quotes may be a piece of a secret.
        said = re.sub(r"\s*(['\"]).*\1", "", str(getattr(error, "problem", None) or "a character it cannot hold"))
        raise NotYamlError(
            f"{said} in column {mark.column + 1}" if mark else said, mark.line + 1 if mark else None
        ) from None
    except RecursionError:
        raise NotYamlError("too many levels", None) from None
    builder = _Builder()
    if node is not None:
        builder.document.value = builder.value(node, ())
    return builder.document


_PlainLoader: Final[Any] = type(
    "_PlainLoader",
    (getattr(yaml, "CSafeLoader", yaml.SafeLoader),),
    # Every scalar without quotes and tag is left for _Builder to make sense of.
    {"yaml_implicit_resolvers": {None: [(_PLAIN, re.compile(""))]}},
)


class _Builder:
    def __init__(self) -> None:
        self.document = Document()
        self._values = 0
        self._open: set[int] = set()

    def value(self, node: yaml.Node, steps: Steps) -> Json:
        """The node's value; aliases are written out."""
        self.document.lines.setdefault(steps, node.start_mark.line + 1)
        self._values += 1
        if len(steps) > _DEEPEST or self._values > _MOST_VALUES or id(node) in self._open:
            raise NotYamlError("nested too deep, or an alias inside itself", node.start_mark.line + 1)
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node, steps)
        self._open.add(id(node))
        try:
            if isinstance(node, yaml.SequenceNode):
                return [self.value(child, (*steps, i)) for i, child in enumerate(node.value)]
            return self._mapping(node, steps)
        finally:
            self._open.discard(id(node))

    def _mapping(self, node: yaml.Node, steps: Steps) -> Json:
        merged: dict[str, Json] = {}
        own: dict[str, Json] = {}
        for key_node, child in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                self._flaw(steps, "has a key that is no text", "a list or mapping as key", "write a plain key")
                continue
            key = self._text(key_node.value, steps)
            if key == "<<" and key_node.tag == _PLAIN:
                self._merge(child, steps, merged)
                continue
            if key in own:
                self._flaw((*steps, key), "is written twice", "a second value", "keep one of the two")
            self.document.lines[(*steps, key)] = key_node.start_mark.line + 1
            own[key] = self.value(child, (*steps, key))
        if list(own) == ["secure"] and isinstance(own["secure"], str) and not merged:
            self.document.encrypted.add(steps)
            return HIDDEN
        return merged | own

    def _merge(self, node: yaml.Node, steps: Steps, merged: dict[str, Json]) -> None:
        value = self.value(node, steps)
        for part in value if isinstance(value, list) else [value]:
            if not isinstance(part, dict):
                self._flaw(steps, "merges what is no mapping", "another value", "`<<:` takes mappings")
            else:
                merged.update({key: item for key, item in part.items() if key not in merged})

    def _scalar(self, node: yaml.ScalarNode, steps: Steps) -> Json:
        text = node.value
        if node.tag not in (_PLAIN, _TEXT):
            self._flaw(steps, "has a tag", "a tagged value", "write the value without `!`")
        elif node.tag == _PLAIN and text in _CONSTANTS:
            return _CONSTANTS[text]
        elif node.tag == _PLAIN and (number := _number(text.replace("_", ""))) is not None:
            if math.isfinite(number):
                return number
            self._flaw(steps, "is no finite number", text[:40], "write a number")
            return 0
        return self._text(text, steps)

    def _text(self, text: str, steps: Steps) -> str:
        if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
            self._flaw(steps, "holds half a character", "a lone surrogate", "write the whole character")
            return ""
        return text

    def _flaw(self, steps: Steps, wrong: str, got: str, remedy: str) -> None:
        self.document.flaws.append(Flaw(steps, wrong, got, remedy))


def _number(text: str) -> int | float | None:
    number: int | float
    if len(text) > _LONGEST_NUMBER:
        return None
    if _INTEGER.fullmatch(text):
        number = int(text, 0)
    elif _OLD_OCTAL.fullmatch(text):
        number = int(text, 8)
    elif _FRACTION.fullmatch(text):
        number = float(text)
    elif _NO_NUMBER.fullmatch(text):
        return math.nan
    else:
        return None
    if not -(2**63) <= number < 2**64:
        return float(number)
    # In the engine's JSON a whole number has no fraction, however it was written.
    return int(number) if number == int(number) else number
