"""The base of everything that a human chooses in a stack file."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Discriminator, StringConstraints


class Spec(BaseModel):
    """Chosen values: frozen, unknown keys refused, every field documented for the editor's schema."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


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
