"""Where moto would refuse, lose or keep a resource against AWS' ways, so that a stack could not come and go.

Only what has no way round in a call is repaired here; what moto merely lacks is left to the ledger. Each repair says
what moto 5.2.5 does without it; the tests of every type fail when one is dropped too early.
"""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from moto.core.responses import ActionResult
from moto.elasticache.models import ElastiCacheBackend
from moto.elasticache.responses import ElastiCacheResponse
from moto.rds.models import RDSBackend
from moto.s3.models import FakeBucket

if TYPE_CHECKING:
    from moto.elasticache.models import ReplicationGroup
    from moto.rds.models import DBSubnetGroup


def repair() -> None:
    """Put the repairs into moto's classes."""
    _finish_deleting_replication_groups()
    _delete_cache_subnet_groups()
    _keep_changed_subnet_groups()
    _read_policies_about_everybody()


def _finish_deleting_replication_groups() -> None:
    """A deleted replication group stays "deleting" for ever, and its name is taken."""
    original = ElastiCacheBackend.delete_replication_group

    def delete(self: ElastiCacheBackend, *arguments: Any, **named: Any) -> ReplicationGroup:  # noqa: ANN401
        group = original(self, *arguments, **named)
        self.replication_groups.pop(group.replication_group_id)
        return group

    ElastiCacheBackend.delete_replication_group = delete  # type: ignore[method-assign]


def _delete_cache_subnet_groups() -> None:
    """There is no call to delete a cache's subnet group, so its name is taken for ever."""

    def delete(self: ElastiCacheResponse) -> ActionResult:
        self.elasticache_backend.cache_subnet_groups.pop(self._get_param("CacheSubnetGroupName"))
        return ActionResult({})

    ElastiCacheResponse.delete_cache_subnet_group = delete  # type: ignore[attr-defined]


def _keep_changed_subnet_groups() -> None:
    """A database's subnet group is gone after it is changed."""
    original = RDSBackend.modify_db_subnet_group

    def modify(self: RDSBackend, *arguments: Any, **named: Any) -> DBSubnetGroup:  # noqa: ANN401
        group = original(self, *arguments, **named)
        self.subnet_groups[group.name] = group
        return group

    RDSBackend.modify_db_subnet_group = modify  # type: ignore[method-assign]


def _read_policies_about_everybody() -> None:
    """Access logs fail on a bucket whose policy names `"*"`, as one does that refuses what comes without TLS."""
    original = FakeBucket._log_permissions_enabled_policy

    def permitted(target_bucket: FakeBucket, target_prefix: str | None) -> bool:
        document = json.loads(target_bucket.policy or "{}")
        named = [each for each in document.get("Statement", ()) if isinstance(each.get("Principal"), dict)]
        readable = SimpleNamespace(
            policy=json.dumps({"Statement": named}).encode(),
            partition=target_bucket.partition,
            name=target_bucket.name,
        )
        return original(readable, target_prefix)  # type: ignore[arg-type]

    FakeBucket._log_permissions_enabled_policy = staticmethod(permitted)  # type: ignore[method-assign]
