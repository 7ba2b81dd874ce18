"""How near the nodes of a pool are to each other, as a stack file states it."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Annotated

from pydantic import Field, StringConstraints

from components._spec import Spec

if TYPE_CHECKING:
    from collections.abc import Sequence

LabelKey = Annotated[
    str,
    StringConstraints(pattern=r"^([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$"),
]
"""The key of a Kubernetes label."""

HOSTNAME = "kubernetes.io/hostname"


class TopologyLevel(Spec):
    """Nodes that are near to each other, such as those of one rack: they have the same value of a label."""

    label: LabelKey
    """The label, as whoever makes the nodes sets it, such as `example.org/rack`."""
    nodes: int = Field(ge=2, le=5000)
    """How many nodes such a group has; a rehearsal's nodes are labelled so."""


def misplaced(levels: Sequence[TopologyLevel], *, serving: bool, bought: bool, claimed: bool) -> str | None:
    """What is wrong with the levels of a pool: one that serves, whose nodes are bought, whose GPUs are claimed."""
    if not levels:
        return None
    if serving:
        return "topology is for gangs, but purpose is serving; leave one of them out"
    if bought:
        return (
            "topology and aws exclude each other: a queue places jobs on nodes that are there, and AWS' are started "
            "for jobs; use aws.placement_group"
        )
    if claimed:
        return "topology and sharing.dra exclude each other: nodes do not say how many devices can be claimed"
    return _disorder(levels)


def _disorder(levels: Sequence[TopologyLevel]) -> str | None:
    labels = [level.label for level in levels]
    if HOSTNAME in labels:
        return f"topology names {HOSTNAME}, which is a node itself; leave it out: it is the last level anyway"
    if len(set(labels)) < len(labels):
        return "topology names a label twice; name each level once"
    sizes = [level.nodes for level in levels]
    if any(wide <= narrow for wide, narrow in pairwise(sizes)):
        return (
            f"topology has levels of {', '.join(map(str, sizes))} nodes; put the widest first, each wider than the next"
        )
    return None
