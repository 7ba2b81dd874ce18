"""Who may enter an EKS cluster: its access entries, as the stand-in keeps them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rehearsal.aws.ledger import Entry, Ledger

SESSION: Final = "rehearsal"
"""The session name of whoever rehearses."""

_ADMINISTRATORS: Final = "system:masters"
_ALL_RIGHTS: Final = "AmazonEKSClusterAdminPolicy"


@dataclass(frozen=True)
class User:
    """A role's session as Kubernetes sees it."""

    name: str
    groups: tuple[str, ...]


@dataclass(frozen=True)
class Directory:
    """The EKS clusters of one ledger and their access entries.

    Of the access policies, the cluster administrator's is known; on EKS the others bring rights without a group.
    """

    ledger: Ledger

    def clusters(self) -> list[str]:
        """The names of the clusters that there are."""
        return [entry.id for entry in self._of_type("cluster:Cluster")]

    def user(self, cluster: str, role: str) -> User | None:
        """Whom a session of the role (an ARN) is in the cluster; None where it may not enter."""
        entries = list(self._about("accessEntry:AccessEntry", cluster, role))
        if not entries:
            return None
        groups = [group for entry in entries for group in entry.answer.get("kubernetesGroups") or ()]
        policies = self._about("accessPolicyAssociation:AccessPolicyAssociation", cluster, role)
        if any(_gives_all_rights(policy) for policy in policies):
            groups.append(_ADMINISTRATORS)
        return User(_session_of(role), tuple(groups))

    def _about(self, kind: str, cluster: str, role: str) -> Iterator[Entry]:
        for entry in self._of_type(kind):
            if (entry.answer.get("clusterName"), entry.answer.get("principalArn")) == (cluster, role):
                yield entry

    def _of_type(self, kind: str) -> Iterator[Entry]:
        return (entry for entry in self.ledger.entries() if entry.type == f"aws:eks/{kind}")


def _gives_all_rights(policy: Entry) -> bool:
    scope = policy.answer.get("accessScope") or {}
    return str(policy.answer.get("policyArn", "")).endswith(f"/{_ALL_RIGHTS}") and scope.get("type") == "cluster"


def _session_of(role: str) -> str:
    """The ARN of a session of the role: what STS says of a caller, and EKS calls the user."""
    partition, account = role.split(":")[1], role.split(":")[4]
    return f"arn:{partition}:sts::{account}:assumed-role/{role.rpartition('/')[2]}/{SESSION}"
