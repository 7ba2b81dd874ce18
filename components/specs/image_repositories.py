"""What a human chooses about the images of our own programs."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, Tag

from components._spec import Spec, by_kind


class ForeignRegistry(Spec):
    """A registry that is none of this stack's: `mlplatform images push` is told which one."""

    kind: Literal["foreign"] = "foreign"
    """Whose registry it is."""


class EcrRegistry(Spec):
    """Amazon ECR, with a repository for each of our own images: a tag never comes to mean another image, each is
    searched for known vulnerabilities, all are encrypted with an own key."""

    kind: Literal["ecr"]
    """Whose registry it is."""
    keep_images: Annotated[int, Field(ge=2, le=1000)] = 50
    """How many images each repository keeps; the oldest go first."""


ImageRepositoriesSpec = Annotated[
    Annotated[ForeignRegistry, Tag("foreign")] | Annotated[EcrRegistry, Tag("ecr")], by_kind("foreign")
]
