"""The base of everything that a human chooses in a stack file."""

from __future__ import annotations

import ast
import inspect
import sys
from functools import cache
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Discriminator, StringConstraints

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import GetJsonSchemaHandler
    from pydantic.json_schema import JsonSchemaValue
    from pydantic_core import CoreSchema


class Spec(BaseModel):
    """Chosen values: frozen, unknown keys refused, every field documented for the editor's schema."""

    # What most starts of the program have no use for is made when it is asked for: validators of parts, descriptions.
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """The schema with the text below each field as the field's description."""
        schema = handler.resolve_ref_schema(handler(core_schema))
        texts = {name: text for each in reversed(cls.__mro__) for name, text in _texts(each.__module__, each).items()}
        for name, rules in schema.get("properties", {}).items():
            if name in texts:
                rules["description"] = texts[name]
        return schema


def _texts(module: str, kind: type) -> Mapping[str, str]:
    """The text below each field of a class."""
    return _documented(module).get(kind.__qualname__, {}) if issubclass(kind, Spec) else {}


@cache
def _documented(module: str) -> Mapping[str, Mapping[str, str]]:
    """For each class of a module, the texts that stand below its fields."""
    tree = ast.parse(inspect.getsource(sys.modules[module]))
    return {each.name: dict(_pairs(each)) for each in tree.body if isinstance(each, ast.ClassDef)}


def _pairs(kind: ast.ClassDef) -> list[tuple[str, str]]:
    return [
        (field.target.id, inspect.cleandoc(text.value.value))
        for field, text in zip(kind.body, kind.body[1:], strict=False)
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(text, ast.Expr)
        and isinstance(text.value, ast.Constant)
        and isinstance(text.value.value, str)
    ]


Name = Annotated[str, StringConstraints(pattern=r"^[a-z]([a-z0-9-]{0,28}[a-z0-9])?$")]
"""A short DNS label: what pools and teams are called, and what objects' names are made from."""


def by_kind(default: str) -> Discriminator:
    """Chooses one of several specs by what stands under `kind`; a mapping that says none is of kind `default`.

    Every spec of the choice is tagged with its kind; all but the default one require the key, so that editors come
    to the same choice.
    """

    def kind(value: object) -> str:
        found = value.get("kind", default) if isinstance(value, dict) else getattr(value, "kind", default)
        return str(found)

    return Discriminator(kind)
