"""Asks a condition of a manifest, as judging a rule does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from policies.language import ABSENT, Bound

if TYPE_CHECKING:
    from policies.language import Condition, Truth

NOW = "2026-11-22T09:00:00Z"


def truth(condition: Condition, manifest: Any, **others: Any) -> Truth:
    """What the condition says of a manifest."""
    scope = {
        "object": Bound(manifest, ()),
        "old": Bound(ABSENT, ()),
        "request": Bound(ABSENT, ()),
        "now": Bound(NOW, ("now",)),
        "parameters": Bound({"limit": 8}, ()),
    }
    return condition.evaluate({**scope, **{name: Bound(value, ()) for name, value in others.items()}})
