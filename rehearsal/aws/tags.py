"""Tags: the provider's default tags under the resource's own, in the shape that each service wants."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rehearsal.aws.templates import fill
from rehearsal.aws.wire import UNKNOWN, is_known

if TYPE_CHECKING:
    from collections.abc import Mapping

    from botocore.model import Shape

    from rehearsal.aws.kind import Tagging
    from rehearsal.aws.work import Work


def merged(defaults: Mapping[str, str], own: object) -> Any:  # noqa: ANN401 - tags, or UNKNOWN
    """``tagsAll``: unknown as long as any of the resource's own tags is."""
    if own is not None and not is_known(own):
        return UNKNOWN
    return {**defaults, **(own if isinstance(own, dict) else {})}


def at_creation(tags: Mapping[str, str], shape: Shape, tagging: Tagging) -> dict[str, Any]:
    """The parameters of a creation that set the tags; empty where the call takes none."""
    members = shape.members
    if not tags:
        return {}
    if tagging.kind and "TagSpecifications" in members:
        return {"TagSpecifications": [{"ResourceType": tagging.kind, "Tags": _listed(tags, "Key", "Value")}]}
    name = next((each for each in ("Tags", "tags") if each in members), None)
    return {name: _shaped(tags, members[name])} if name else {}


def change(work: Work, tagging: Tagging, before: Mapping[str, str], after: Mapping[str, str]) -> None:
    """Remove and set what differs."""
    if tagging.whole:
        tagging.whole(work)
        return
    target = fill(tagging.target, work.values())
    gone = sorted(set(before) - set(after))
    new = {key: value for key, value in after.items() if before.get(key) != value}
    if gone:
        name, shape = _tags_member(work.account.operation(tagging.service, tagging.untag).input_shape)
        keys = gone if shape.member.type_name == "string" else [{"Key": key} for key in gone]
        work.call(tagging.service, tagging.untag, **target, **{name: keys})
    if new:
        name, shape = _tags_member(work.account.operation(tagging.service, tagging.tag).input_shape)
        work.call(tagging.service, tagging.tag, **target, **{name: _shaped(new, shape)})


def found(answer: Mapping[str, Any]) -> dict[str, str] | None:
    """The tags in an answer; None where it says nothing about them."""
    for name in ("Tags", "tags", "TagList", "TagSet"):
        tags = answer.get(name)
        if isinstance(tags, dict):
            return dict(tags)
        if isinstance(tags, list):
            return {_part(each, "key"): _part(each, "value") for each in tags if isinstance(each, dict)}
    return None


def _part(tag: Mapping[str, str], ending: str) -> str:
    return next((value for name, value in tag.items() if name.lower().endswith(ending)), "")


def _tags_member(shape: Shape) -> tuple[str, Shape]:
    return next((name, inner) for name, inner in shape.members.items() if name.lower().endswith(("tags", "tagkeys")))


def _shaped(tags: Mapping[str, str], shape: Shape) -> Any:  # noqa: ANN401
    if shape.type_name == "map":
        return dict(tags)
    key, value = shape.member.members
    return _listed(tags, key, value)


def _listed(tags: Mapping[str, str], key: str, value: str) -> list[dict[str, str]]:
    return [{key: name, value: content} for name, content in sorted(tags.items())]
