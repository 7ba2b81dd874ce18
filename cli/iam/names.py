"""The names that a stack's resources have in an account, as far as they are known before anything is created."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cli.iam.needs import Needs
    from cli.registrations import Registration

_UNKNOWN: Final = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""What stands in Pulumi's protocol for a text that is not known yet."""


@dataclass(frozen=True)
class Place:
    """Where a stack is deployed."""

    project: str
    stack: str
    region: str
    account: str
    """Twelve digits, or `*` where the stack file names none."""
    cluster: str
    """The EKS cluster's name."""
    tags: Mapping[str, str]
    """Those of the stack's tags by which a policy knows what is the stack's."""

    @property
    def partition(self) -> str:
        """The second part of every ARN there."""
        return {"cn": "aws-cn", "us-gov": "aws-us-gov"}.get(self.region.rpartition("-")[0].rpartition("-")[0], "aws")

    def ec2(self, kind: str) -> str:
        """The ARN of all things of a kind in EC2."""
        return f"arn:{self.partition}:ec2:{self.region}:{self.account}:{kind}/*"

    @staticmethod
    def known(value: object) -> str | None:
        """A text that is known already."""
        return value if isinstance(value, str) and _UNKNOWN not in value else None


def names_of(registration: Registration, needs: Needs, place: Place) -> tuple[str, ...]:
    """The ARNs under which the resource will be found."""
    values = {
        "partition": place.partition,
        "region": place.known(registration.inputs.get("region")) or place.region,
        "account": place.account,
        "cluster": place.cluster,
        "name": _name(registration, needs.name, place),
    }
    return tuple(arn.format_map(values) for arn in needs.arns)


def _name(registration: Registration, key: str, place: Place) -> str:
    """A pattern for the resource's name: all names that begin as the stack's do, so that one more of a kind, as a new
    team brings, needs no other policy."""
    chosen = registration.inputs.get(key)
    if name := place.known(chosen):
        for beginning in (f"{place.project}-{place.stack}-", f"{place.project}/{place.stack}/", f"{place.cluster}/"):
            before, found, _ = name.partition(beginning)
            if found:
                return f"{before}{beginning}*"
        return name
    if chosen is not None:
        return f"{place.project}-{place.stack}-*"
    # Pulumi's own choice: the resource's name in the program and some characters.
    parent = registration.parent.rpartition("::")[2]
    belongs = registration.name == parent or registration.name.startswith(f"{parent}-")
    return f"{parent if belongs else registration.name}-*"
