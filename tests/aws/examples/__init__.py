"""Inputs for every resource type, what changes them in place or replaces them, and what they need."""

from __future__ import annotations

from tests.aws.examples import _buckets, _clusters, _identity, _network, _services, _stores
from tests.aws.examples._example import TAGS, Example, policy, trust
from tests.aws.examples._needed import NEEDED

EXAMPLES = [
    *_network.NETWORK,
    *_identity.IDENTITY,
    *_buckets.BUCKETS,
    *_clusters.CLUSTERS,
    *_stores.STORES,
    *_services.SERVICES,
]

__all__ = ["EXAMPLES", "NEEDED", "TAGS", "Example", "policy", "trust"]
