"""The base of everything that a human chooses in a stack file."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints


class Spec(BaseModel):
    """Chosen values: frozen, unknown keys refused, every field documented for the editor's schema."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


Name = Annotated[str, StringConstraints(pattern=r"^[a-z]([a-z0-9-]{0,28}[a-z0-9])?$")]
"""A short DNS label: what pools and teams are called, and what objects' names are made from."""
