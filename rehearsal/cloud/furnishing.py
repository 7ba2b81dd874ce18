"""What the AWS account of a rehearsal needs in its cluster before the platform comes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rehearsal.cloud import trust

if TYPE_CHECKING:
    from rehearsal.cloud.account import Account
    from rehearsal.kube import Kube


def apply(kube: Kube, account: Account) -> None:
    """Have pods find their roles and believe AWS's certificates, and begin to run the store of all buckets."""
    # It brings AWS' own client, which takes its time to import.
    from rehearsal.cloud.stores.managed import of_cluster_file

    trust.mutation().apply(kube)
    of_cluster_file(account.cluster).prepare()
