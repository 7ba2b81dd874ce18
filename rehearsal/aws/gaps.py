"""What of a resource moto does not hold: found out by looking, and said in the report."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from rehearsal.aws.kind import Call
from rehearsal.aws.shapes import member, translate

if TYPE_CHECKING:
    from collections.abc import Mapping

    from botocore.model import Shape

    from rehearsal.aws.work import Work


def untaken(work: Work) -> dict[str, str]:
    """Properties that no call takes: they are in the engine's state alone."""
    call = work.kind.creating()
    if call is None:
        return {}
    shape = work.account.operation(call.service, call.operation).input_shape
    taken = {name for each in work.kind.updates for name in each.when}
    unmatched = translate(work.inputs, shape, work.kind.names, work.skipped()).unmatched
    return {path: "no call of the stand-in takes it" for path in unmatched if path not in taken}


def forgotten(work: Work, answer: Mapping[str, Any]) -> dict[str, str]:
    """Properties that moto took and AWS would give back, by botocore's model of the answer, but moto does not."""
    create, read = work.kind.creating(), work.kind.described or work.kind.read
    if create is None or not isinstance(read, Call):
        return {}
    shape = work.account.operation(create.service, create.operation).input_shape
    given = translate(work.inputs, shape, work.kind.names, work.skipped())
    members = _answered(work.account.operation(read.service, read.operation).output_shape, read.answer)
    why = f"moto does not keep it ({work.account.name_of(read.service, read.operation)})"
    return {
        given.sources[name]: why
        for name, value in given.parameters.items()
        if value and (there := member(name, members)) and answer.get(there) is None
    }


def _answered(shape: Shape, path: str) -> list[str]:
    """The members of what a JMESPath like ``Vpcs[0]`` or ``cluster`` leads to."""
    for name in re.findall(r"^\w+|(?<=\.)\w+", path.split("|")[0].split("[")[0]):
        shape = shape.members[name]
    while shape.type_name == "list":
        shape = shape.member
    return list(shape.members) if shape.type_name == "structure" else []
