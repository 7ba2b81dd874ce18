"""What a resource type needs of IAM, sorted by how far AWS lets each right be narrowed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Needs:
    """The rights to create, read, change and delete resources of one type, as `service:Action` separated by spaces.

    An action stands where AWS's Service Authorization Reference lets it be narrowed most.
    """

    read: str = ""
    """Looks and changes nothing: on everything, since most lists cannot be narrowed."""
    named: str = ""
    """Only on resources whose names are the stack's."""
    arns: tuple[str, ...] = ()
    """The ARNs of `named`: `{name}` is a name, or the beginning of one, of the stack's resources of this type;
    `{cluster}` the EKS cluster's. The placeholders `{partition}`, `{region}` and `{account}` are filled too."""
    name: str = "name"
    """The property that names a resource where the program chooses the name."""
    created: str = ""
    """Only together with the stack's tags."""
    kind: str = ""
    """What `created` makes, as EC2's ARNs call it; other services cannot say."""
    beside: Mapping[str, str] = field(default_factory=dict)
    """What else of EC2 a creation touches, by action: kinds separated by spaces."""
    tagged: str = ""
    """Only on what has the stack's tags."""
    free: str = ""
    """In the stack's regions, on everything: AWS narrows it by nothing that is known before."""
    passed_to: tuple[str, ...] = ()
    """Services that are handed a role of the stack's."""
    linked: tuple[str, ...] = ()
    """Services whose own role is made in an account that never used them."""


def actions(text: str) -> set[str]:
    """The actions of one field."""
    return set(text.split())
