"""What a resource gives back: its inputs, what AWS decided, and at a preview what will be decided."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jmespath

from rehearsal.aws.templates import fill
from rehearsal.aws.wire import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rehearsal.aws.kind import Kind
    from rehearsal.aws.wire import Properties
    from rehearsal.aws.work import Work


def planned(kind: Kind, inputs: Properties, before: Mapping[str, Any] | None = None) -> Properties:
    """The outputs that a preview can tell."""
    unknown = kind.computed() if before is None else kind.changing
    open_ones = {name: UNKNOWN for name in unknown if name not in inputs or name in kind.changing}
    shown = {**(before or {}), **inputs, **open_ones}
    for path in kind.inside:
        known = _at(before or {}, path.split("."))
        shown = _with(shown, path.split("."), UNKNOWN if known is None else known)
    return shown


def outputs(work: Work) -> Properties:
    """The resource's outputs: its inputs, and what AWS decided."""
    shown = {**work.state, **{key: value for key, value in work.inputs.items() if not key.startswith("__")}}
    for name in work.kind.outputs:
        if name not in work.inputs and work.state.get(name) is None:
            shown.pop(name, None)
    for path in work.kind.inside:
        shown = _with(shown, path.split("."), work.inner.get(path))
    return shown | ({"region": work.region} if work.kind.regional else {})


def _at(properties: Any, path: list[str]) -> Any:  # noqa: ANN401
    for step in path:
        properties = properties.get(step) if isinstance(properties, dict) else None
    return properties


def _with(properties: Properties, path: list[str], value: object) -> Properties:
    """A copy with this value at this path; nothing changes where there is no value, or nothing to hold it."""
    if value is None or not isinstance(properties, dict):
        return properties
    inner = value if len(path) == 1 else _with(properties.get(path[0]) or {}, path[1:], value)
    return {**properties, path[0]: inner}


def decided(work: Work, answer: Any) -> Properties:  # noqa: ANN401 - as the service answers
    """What AWS decides: by its answer, or by the rule where the answer leaves it out."""
    found = {name: jmespath.search(path, answer) for name, path in work.kind.outputs.items()}
    work.inner = {path: jmespath.search(query, answer) for path, query in work.kind.inside.items()}
    state = {**work.state, **{name: value for name, value in found.items() if value is not None}}
    known = work.values() | state
    for name, form in work.kind.forms.items():
        if state.get(name) is None:
            value = fill(form(work) if callable(form) else form, known)
            state |= {name: value} if value is not None else {}
            known |= state
    settled: Properties = _plain(state)
    return settled


def _plain(value: Any) -> Any:  # noqa: ANN401
    """The value as JSON has it: times as ISO texts."""
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return value.isoformat() if hasattr(value, "isoformat") else value
