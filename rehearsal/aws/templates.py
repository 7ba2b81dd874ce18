"""Parameters with gaps, filled from what is known of a resource."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_GAP: Final = re.compile(r"\{([A-Za-z0-9_]+)\}")


def fill(template: object, values: Mapping[str, Any]) -> Any:  # noqa: ANN401 - as mixed as the template
    """The template with its gaps filled; None where a value is missing, and maps and lists without those."""
    if isinstance(template, str):
        return _fill_text(template, values)
    if isinstance(template, dict):
        filled = {key: fill(inner, values) for key, inner in template.items()}
        kept = {key: inner for key, inner in filled.items() if inner is not None}
        return kept if kept or not template else None
    if isinstance(template, list | tuple):
        elements = [fill(inner, values) for inner in template]
        kept_elements = [inner for inner in elements if inner is not None]
        return kept_elements if kept_elements or not template else None
    return template


def _fill_text(template: str, values: Mapping[str, Any]) -> Any:  # noqa: ANN401
    whole = _GAP.fullmatch(template)
    if whole:
        return values.get(whole[1])
    if any(values.get(name) is None for name in _GAP.findall(template)):
        return None
    return _GAP.sub(lambda gap: str(values[gap[1]]), template)
