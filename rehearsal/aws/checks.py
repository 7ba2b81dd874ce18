"""Inputs, looked at before any call is made."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from botocore.validate import ParamValidator

from rehearsal.aws import schema
from rehearsal.aws.kind import Problem
from rehearsal.aws.references import missing
from rehearsal.aws.shapes import UnknownText, translate

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from botocore.model import Shape

    from rehearsal.aws.kind import Kind
    from rehearsal.aws.shapes import Translation
    from rehearsal.aws.wire import Properties
    from rehearsal.aws.work import Work


def problems(work: Work, old: Properties) -> list[Problem]:
    """Everything that AWS would refuse in these inputs, by property."""
    kind, inputs = work.kind, work.inputs
    found = [problem for check in kind.checks for problem in check(inputs)]
    found += _against_the_model(work)
    fresh = {path: target for path, target in kind.references.items() if _changed(path, old, inputs)}
    found += missing(work.account, fresh, inputs, work.region)
    return list(dict.fromkeys(found))


def _changed(path: str, old: Properties, new: Properties) -> bool:
    top = path.split(".")[0]
    return old.get(top) != new.get(top)


def _against_the_model(work: Work) -> Iterator[Problem]:
    """What botocore's model of the creating call says."""
    kind, call = work.kind, work.kind.creating()
    if call is None:
        return
    shape = work.account.operation(call.service, call.operation).input_shape
    translation = translate(work.inputs, shape, kind.names, work.skipped())
    yield from _unheard_of(kind, translation)
    # What the template adds and what is unknown may fill a required parameter.
    given = {**_sampled(call.parameters), **translation.parameters}
    report = ParamValidator().validate(given, shape)
    for parameter, reason in _complaints(report.generate_report()):
        yield Problem(_source(kind, translation, parameter), f"ValidationException: {reason}")
    for parameter, reason in _limits(translation.parameters, shape, ""):
        yield Problem(_source(kind, translation, parameter), f"ValidationException: {reason}")


def _unheard_of(kind: Kind, translation: Translation) -> Iterator[Problem]:
    """Properties that neither the call nor pulumi-aws knows: somebody misspelt them."""
    taken = {name for each in kind.updates for name in each.when}
    for path in translation.unmatched:
        if path not in taken and not schema.knows(kind.token, path.split(".")[-1]):
            yield Problem(path.split(".")[0], f"unexpected property {path}")


def _sampled(template: Mapping[str, Any]) -> dict[str, Any]:
    return {
        key: UnknownText("?") if isinstance(value, str) else value
        for key, value in template.items()
        if not callable(value)
    }


def _complaints(report: str) -> Iterator[tuple[str, str]]:
    """Botocore's complaints, each with the parameter that it is about."""
    for line in report.splitlines():
        missing_one = re.match(r'Missing required parameter in (\S+): "(\w+)"', line)
        about = re.search(r"parameter (\S+?),", line)
        if UNKNOWN_TYPES.search(line):
            continue
        if missing_one:
            outer = missing_one[1] if missing_one[1] != "input" else missing_one[2]
            yield outer, line
        else:
            yield (about[1] if about else ""), line


UNKNOWN_TYPES = re.compile(r"value: \?+, type: <class 'rehearsal\.aws\.shapes\.UnknownText'>")


def _source(kind: Kind, translation: Translation, parameter: str) -> str:
    """The property that a parameter comes from; the resource's type where the stand-in itself adds it."""
    top = re.split(r"[.\[]", parameter)[0]
    named = translation.sources.get(top) or next(
        (key.split(".")[0] for key, value in kind.names.items() if value.split(".")[0] == top), None
    )
    return named or (top[:1].lower() + top[1:])


def _limits(value: Any, shape: Shape, path: str) -> Iterator[tuple[str, str]]:  # noqa: ANN401 - any parameter
    """Values beyond what botocore itself checks: enumerations and lengths."""
    match shape.type_name:
        case "structure" if isinstance(value, dict):
            for name, inner in value.items():
                if name in shape.members:
                    yield from _limits(inner, shape.members[name], f"{path}.{name}" if path else name)
        case "list" if isinstance(value, list):
            for number, inner in enumerate(value):
                yield from _limits(inner, shape.member, f"{path}[{number}]")
        case "string" if isinstance(value, str) and not isinstance(value, UnknownText):
            yield from _text_limits(value, shape, path)


def _text_limits(value: str, shape: Shape, path: str) -> Iterator[tuple[str, str]]:
    allowed = getattr(shape, "enum", None)
    most = shape.metadata.get("max")
    if allowed and value not in allowed:
        yield path, f"Invalid value for parameter {path}, got {value!r}; allowed: {', '.join(allowed)}"
    elif most and len(value) > int(most):
        yield path, f"Invalid length for parameter {path}: {len(value)}, at most {most}"
