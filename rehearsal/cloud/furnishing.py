"""What there is in a rehearsal's account, and in its cluster on the account's behalf, before the platform comes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rehearsal.cloud import karpenter, trust

if TYPE_CHECKING:
    from rehearsal.cloud.account import Account
    from rehearsal.kube import Kube

# What speaks to AWS takes its time to import, and stacks without AWS must not wait for it.


def furnish_account(account: Account) -> None:
    """Have the roles of people who are there already; the account must answer."""
    from rehearsal.aws.account import Account as Caller
    from rehearsal.aws.people import ensure_roles

    ensure_roles(Caller(account.endpoint, account.aws.region), account.own_roles)


def furnish_cluster(kube: Kube, account: Account) -> None:
    """Have pods find their roles and believe AWS's certificates, Karpenter its objects, and clients their buckets."""
    from rehearsal.cloud.stores.managed import of_cluster_file

    trust.mutation().apply(kube)
    karpenter.apply(kube)
    of_cluster_file(account.cluster).prepare()
