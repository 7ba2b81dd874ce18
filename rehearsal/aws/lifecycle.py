"""Creation, reading, change and deletion of any resource, by what the table says of its type."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import jmespath

from rehearsal.aws import tags
from rehearsal.aws.errors import AwsError, NotEmulatedError
from rehearsal.aws.kind import Call
from rehearsal.aws.ledger import Entry
from rehearsal.aws.shapes import read_back, translate
from rehearsal.aws.templates import fill
from rehearsal.aws.wire import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rehearsal.aws.kind import Kind, Update
    from rehearsal.aws.ledger import Ledger
    from rehearsal.aws.wire import Properties
    from rehearsal.aws.work import Work


@dataclass(frozen=True)
class Made:
    """A resource as it is now; ``failures`` say what of its creation or change did not work."""

    id: str
    outputs: Properties
    failures: tuple[str, ...] = ()


def planned(kind: Kind, inputs: Properties, before: Mapping[str, Any] | None = None) -> Properties:
    """The outputs that a preview can tell."""
    unknown = kind.computed() if before is None else kind.changing
    decided = {name: UNKNOWN for name in unknown if name not in inputs or name in kind.changing}
    return {**(before or {}), **inputs, **decided}


def create(work: Work, ledger: Ledger, urn: str) -> Made:
    """Create it at moto, or in the ledger where moto has no answer.

    Raises AwsError if nothing was created.
    """
    kind = work.kind
    recorded = ""
    try:
        answer = work.run(kind.create)
    except NotEmulatedError as missing:
        recorded, answer = str(missing), {}
        _refuse_a_second(work, ledger)
    work.state = _decided(work, answer or {})
    work.id = _id(work, answer or {})
    failures = [] if recorded else _complete(work)
    work.state |= {"id": work.id}
    if not recorded:
        work.state |= _decided(work, work.run(kind.read) or {})
    _hook(work, created=True)
    _remember_the_unmatched(work)
    ledger.put(_entry(work, urn, recorded))
    return Made(work.id, outputs(work), tuple(failures))


def read(work: Work, ledger: Ledger) -> tuple[Properties, Properties] | None:
    """The inputs and outputs as they are now; None if it is gone."""
    entry = ledger.get(work.kind.token, work.region, work.id)
    if entry and entry.recorded:
        work.state |= entry.answer
        return work.inputs, outputs(work)
    try:
        answer = work.run(work.kind.read)
    except NotEmulatedError:
        return None  # It could only be in the ledger, and is not.
    except AwsError as refusal:
        if refusal.says_missing:
            return None
        raise
    if answer is None:
        return None
    work.state |= _decided(work, answer)
    names = {**work.kind.names, **{name: name for name in work.skipped()}}
    work.inputs = read_back(work.inputs, answer, names)
    there = tags.found(answer) if work.kind.tagging else None
    if there is not None:
        work.inputs["tagsAll"] = {key: value for key, value in there.items() if not key.startswith("aws:")}
    return work.inputs, outputs(work)


def update(work: Work, ledger: Ledger, urn: str, changed: tuple[str, ...]) -> Made:
    """Change what differs."""
    kind = work.kind
    entry = ledger.get(kind.token, work.region, work.id)
    recorded = entry.recorded if entry else ""
    failures: list[str] = []
    if not recorded:
        failures = _steps(work, [each for each in kind.updates if set(each.when) & set(changed)])
        if kind.put and {*changed} - {"tags", "tagsAll"} - {name for each in kind.updates for name in each.when}:
            work.run(kind.create)
        failures += _retag(work)
        work.state |= _decided(work, work.run(kind.read) or {})
    _remember_the_unmatched(work)
    fresh = _entry(work, urn, recorded)
    ledger.put(fresh)
    if entry:
        ledger.note(fresh, entry.calls, entry.gaps)
    return Made(work.id, outputs(work), tuple(failures))


def delete(work: Work, ledger: Ledger) -> None:
    """Delete it; that it is gone already is fine."""
    entry = ledger.get(work.kind.token, work.region, work.id)
    _hook(work, created=False)
    if work.kind.delete and not (entry and entry.recorded):
        try:
            work.run(work.kind.delete)
        except NotEmulatedError:
            pass  # What moto holds of it ends with moto.
        except AwsError as refusal:
            if not refusal.says_missing:
                raise
    ledger.forget(work.kind.token, work.region, work.id)


def outputs(work: Work) -> Properties:
    """The resource's outputs: its inputs, and what AWS decided."""
    shown = {**work.state, **{key: value for key, value in work.inputs.items() if not key.startswith("__")}}
    for name in work.kind.outputs:
        if name not in work.inputs and work.state.get(name) is None:
            shown.pop(name, None)
    return shown | ({"region": work.region} if work.kind.regional else {})


def _decided(work: Work, answer: Any) -> Properties:  # noqa: ANN401 - as the service answers
    """What AWS decides: by its answer, or by the rule where the answer leaves it out."""
    found = {name: jmespath.search(path, answer) for name, path in work.kind.outputs.items()}
    state = {**work.state, **{name: value for name, value in found.items() if value is not None}}
    known = work.values() | state
    for name, form in work.kind.forms.items():
        if state.get(name) is None:
            value = fill(form, known)
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


def _complete(work: Work) -> list[str]:
    """What a creation needs beside its first call."""
    wanted = [
        each
        for each in work.kind.updates
        if each.at_create and any(work.inputs.get(name) is not None for name in each.when)
    ]
    failures = _steps(work, wanted)
    tagging, create_call = work.kind.tagging, work.kind.create
    if tagging and work.inputs.get("tagsAll"):
        takes = (
            isinstance(create_call, Call)
            and create_call.inputs
            and tags.at_creation(
                work.inputs["tagsAll"],
                work.account.operation(create_call.service, create_call.operation).input_shape,
                tagging,
            )
        )
        if not takes:
            failures += _retag(work)
    return failures


def _steps(work: Work, steps: list[Update]) -> list[str]:
    failures = []
    for each in steps:
        try:
            work.run(each.step)
        except NotEmulatedError as missing:
            work.gaps |= dict.fromkeys(each.when, str(missing))
        except AwsError as refusal:
            failures.append(str(refusal))
    return failures


def _retag(work: Work) -> list[str]:
    tagging = work.kind.tagging
    if tagging is None:
        return []
    try:
        tags.change(work, tagging, work.old.get("tagsAll") or {}, work.inputs.get("tagsAll") or {})
    except NotEmulatedError as missing:
        work.gaps["tags"] = str(missing)
    except AwsError as refusal:
        return [str(refusal)]
    return []


def _remember_the_unmatched(work: Work) -> None:
    """Properties that no call takes are kept in the state alone, and the report says so."""
    call = work.kind.create
    if not isinstance(call, Call) or not call.inputs:
        return
    shape = work.account.operation(call.service, call.operation).input_shape
    taken = {name for each in work.kind.updates for name in each.when}
    for path in translate(work.inputs, shape, work.kind.names, work.skipped()).unmatched:
        if path.split(".")[0] not in taken:
            work.gaps[path] = "no call of the stand-in takes it"


def _refuse_a_second(work: Work, ledger: Ledger) -> None:
    """A recorded resource of that name is there already, as AWS would see it."""
    resource = None if work.kind.id.startswith("@") else fill(work.kind.id, work.values())
    if resource and ledger.get(work.kind.token, work.region, str(resource)):
        raise AwsError("ResourceInUseException", f"{work.kind.token.split(':')[-1]} already exists: {resource}")


def _id(work: Work, answer: Any) -> str:  # noqa: ANN401 - as the service answers
    form = work.kind.id
    return str(jmespath.search(form[1:], answer) if form.startswith("@") else fill(form, work.values()))


def _hook(work: Work, *, created: bool) -> None:
    if work.kind.hook and work.stores:
        work.kind.hook(work, created)


def _entry(work: Work, urn: str, recorded: str) -> Entry:
    secret = {*work.kind.secrets, *work.kind.local}
    answer = {name: value for name, value in work.state.items() if name not in secret} if recorded else {}
    return Entry(
        urn, work.kind.token, work.region, work.id, tuple(dict.fromkeys(work.calls)), recorded, work.gaps, answer
    )
