"""Whether another stack of the same directory claims what only one can have: a cluster's name, a bucket's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from components.capacity import Contradiction
from stacks._document import NotYamlError, parse
from stacks._report import inside

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from stacks._report import Json

_PREFIX = "Pulumi."
_SUFFIX = ".yaml"


@dataclass(frozen=True)
class _Claims:
    """Names in accounts of AWS that a stack takes."""

    account: Json
    region: Json
    cluster: str
    buckets: Json


def contradictions(sections: dict[str, Json], stack: str, directory: Path, project: str) -> Iterator[Contradiction]:
    """Names that this stack and one of its neighbours both take; a neighbour that cannot be read takes none."""
    own = _claims(sections, stack, project)
    if own is None:
        return
    for path in sorted(directory.glob(f"{_PREFIX}*{_SUFFIX}")):
        other = path.name.removeprefix(_PREFIX).removesuffix(_SUFFIX)
        theirs = None if other == stack else _claims(_sections(path, project), other, project)
        if theirs is None or (own.account != theirs.account and None not in (own.account, theirs.account)):
            continue
        if (own.region, own.cluster) == (theirs.region, theirs.cluster):
            remedy = f"stack {other} has it already: every cluster of a region needs its own"
            yield Contradiction(("cluster", "name"), "is the name of a second cluster", own.cluster, remedy)
        if own.buckets is not None and own.buckets == theirs.buckets:
            remedy = f"stack {other} has it already: every bucket of the world needs its own"
            yield Contradiction(
                ("artifact_bucket", "name_prefix"), "is the name of other buckets", str(own.buckets), remedy
            )


def _claims(sections: dict[str, Json], stack: str, project: str) -> _Claims | None:
    """What a stack on AWS takes; nothing where it is not on AWS."""
    cluster = sections.get("cluster")
    if inside(cluster, "kind") != "eks":
        return None
    name = inside(cluster, "name")
    return _Claims(
        inside(cluster, "account_id"),
        inside(cluster, "region"),
        name if isinstance(name, str) else f"{project}-{stack}",
        inside(sections, "artifact_bucket", "name_prefix"),
    )


def _sections(path: Path, project: str) -> dict[str, Json]:
    try:
        config = inside(parse(path.read_text(encoding="utf-8")).value, "config")
    except (OSError, UnicodeDecodeError, NotYamlError):
        return {}
    named = config.items() if isinstance(config, dict) else ()
    return {key.removeprefix(f"{project}:"): value for key, value in named}
