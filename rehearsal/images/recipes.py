"""Every image that can be made on this machine: others' under their upstream names, and our own."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from rehearsal.images.go_recipes import GO_RECIPES
from rehearsal.images.own_recipes import OWN_RECIPES
from rehearsal.images.wheel_recipes import WHEEL_RECIPES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rehearsal.images.recipe import Recipe

RECIPES: Final[Mapping[str, Recipe]] = MappingProxyType(
    {recipe.repository: recipe for recipe in (*GO_RECIPES, *WHEEL_RECIPES, *OWN_RECIPES.values())}
)
"""By repository: registry and path, without a tag."""
