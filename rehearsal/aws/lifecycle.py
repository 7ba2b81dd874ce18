"""Creation, reading, change and deletion of any resource, by what the table says of its type."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import jmespath

from rehearsal.aws import tags
from rehearsal.aws.errors import AwsError, NotEmulatedError
from rehearsal.aws.gaps import forgotten, untaken
from rehearsal.aws.ledger import Entry
from rehearsal.aws.outputs import decided, outputs
from rehearsal.aws.shapes import read_back
from rehearsal.aws.templates import fill

if TYPE_CHECKING:
    from rehearsal.aws.kind import Update
    from rehearsal.aws.ledger import Ledger
    from rehearsal.aws.wire import Properties
    from rehearsal.aws.work import Work


@dataclass(frozen=True)
class Made:
    """A resource as it is now; ``failures`` say what of its creation or change did not work."""

    id: str
    outputs: Properties
    failures: tuple[str, ...] = ()


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
    work.state = decided(work, answer or {})
    work.id = _id(work, answer or {})
    failures = [] if recorded else _complete(work)
    work.state |= {"id": work.id}
    if not recorded:
        answer = work.run(kind.read) or {}
        work.state |= decided(work, answer)
        work.gaps |= forgotten(work, answer)
    _hook(work, created=True)
    work.gaps |= untaken(work)
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
    work.state |= decided(work, answer)
    names = {**work.kind.names, **{name: name for name in work.skipped()}}
    kept = {name: work.inputs[name] for name in (entry.gaps if entry else ()) if name in work.inputs}
    work.inputs = {**read_back(work.inputs, answer, names), **kept}
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
        work.state |= decided(work, work.run(kind.read) or {})
    work.gaps |= untaken(work)
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


def _complete(work: Work) -> list[str]:
    """What a creation needs beside its first call."""
    wanted = [
        each
        for each in work.kind.updates
        if each.at_create and any(work.inputs.get(name) is not None for name in each.when)
    ]
    failures = _steps(work, wanted)
    if not _tagged_at_creation(work):
        failures += _retag(work)
    return failures


def _tagged_at_creation(work: Work) -> bool:
    tagging, call = work.kind.tagging, work.kind.creating()
    if tagging is None or call is None:
        return False
    shape = work.account.operation(call.service, call.operation).input_shape
    return bool(tags.at_creation(work.inputs.get("tagsAll") or {}, shape, tagging))


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


def _refuse_a_second(work: Work, ledger: Ledger) -> None:
    """Two recorded resources of one name are as impossible as they are at AWS."""
    unique = _unique(work)
    others = (each for each in ledger.entries() if each.type == work.kind.token and each.region == work.region)
    if unique and any(each.unique == unique for each in others):
        raise AwsError("ResourceInUseException", f"{work.kind.token.split(':')[-1]} already exists: {unique}")


def _unique(work: Work) -> str:
    form = work.kind.unique or work.kind.id
    return "" if form.startswith("@") else str(fill(form, work.values()) or "")


def _id(work: Work, answer: Any) -> str:  # noqa: ANN401 - as the service answers
    form = work.kind.id
    return str(jmespath.search(form[1:], answer) if form.startswith("@") else fill(form, work.values()))


def _hook(work: Work, *, created: bool) -> None:
    if work.kind.hook and work.stores:
        work.kind.hook(work, created)


def _entry(work: Work, urn: str, recorded: str) -> Entry:
    secret = {*work.kind.secrets, *work.kind.local}
    # With its inputs: who reads the ledger asks what was recorded, such as who may enter a cluster.
    answer = {name: value for name, value in outputs(work).items() if name not in secret} if recorded else {}
    return Entry(
        urn,
        work.kind.token,
        work.region,
        work.id,
        tuple(dict.fromkeys(work.calls)),
        recorded,
        work.gaps,
        _unique(work) if recorded else "",
        answer,
    )
