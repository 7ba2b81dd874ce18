"""Valkey as Amazon ElastiCache: encrypted, password-protected, in several zones; a store and not a cache."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pulumi
from pulumi_aws import elasticache

from components._versions import AWS_ENGINES
from components.aws.keys import customer_key
from components.aws.log_group import log_group
from components.aws.names import named
from components.stores.network import reached_by_nodes
from components.stores.store import Store

if TYPE_CHECKING:
    from components.aws.place import AwsPlace
    from components.specs.feature_store import ElastiCacheOnlineStore

PORT: Final = 6379
_USER: Final = "feast"
_LONGEST_NAME: Final = 40
_RIGHTS: Final = "on ~* -@all +@read +@write +@connection -@dangerous"
_LOGS: Final = ("slow-log", "engine-log")


class ElastiCache:
    """One shard that fails over to another zone, and a user who may read and write but administrate nothing."""

    def __init__(
        self,
        name: str,
        spec: ElastiCacheOnlineStore,
        place: AwsPlace,
        *,
        purpose: str,
        password: pulumi.Output[str],
        parent: pulumi.Resource,
    ) -> None:
        self._name, self._spec, self._place, self._parent = name, spec, place, parent
        self._identifier = named(purpose, longest=_LONGEST_NAME)
        host = self._make(self._users(password)).primary_endpoint_address
        self.store = Store(
            address=pulumi.Output.concat(host, f":{PORT}"),
            # Without time-outs a store that hangs would hold every request for ever.
            connection=pulumi.Output.format(
                "{0}:{1},username={2},password={3},ssl=true,socket_connect_timeout=2,socket_timeout=2",
                host,
                PORT,
                _USER,
                password,
            ),
        )

    def _users(self, password: pulumi.Output[str]) -> elasticache.UserGroup:
        """One user, without the one called `default` that everybody would be who says nothing."""
        user = elasticache.User(
            self._name,
            user_id=self._identifier,
            user_name=_USER,
            engine="valkey",
            access_string=_RIGHTS,
            passwords=[password],
            opts=self._place.options(self._parent),
        )
        return elasticache.UserGroup(
            self._name,
            user_group_id=self._identifier,
            engine="valkey",
            user_ids=[user.user_id],
            opts=self._place.options(self._parent),
        )

    def _make(self, users: elasticache.UserGroup) -> elasticache.ReplicationGroup:
        place, spec = self._place, self._spec
        key = customer_key(self._name, place, purpose=f"{self._name}: data and snapshots", parent=self._parent)
        group = reached_by_nodes(self._name, place, port=PORT, parent=self._parent)
        return elasticache.ReplicationGroup(
            self._name,
            replication_group_id=self._identifier,
            description="Newest values of features",
            engine="valkey",
            engine_version=AWS_ENGINES["valkey"],
            node_type=spec.node_type,
            num_cache_clusters=1 + spec.replicas,
            automatic_failover_enabled=True,
            multi_az_enabled=True,
            port=PORT,
            subnet_group_name=self._subnets().name,
            security_group_ids=[group.id],
            parameter_group_name=self._parameters().name,
            at_rest_encryption_enabled=True,
            kms_key_id=key.arn,
            transit_encryption_enabled=True,
            transit_encryption_mode="required",
            user_group_ids=[users.user_group_id],
            snapshot_retention_limit=spec.snapshot_days,
            final_snapshot_identifier=None if place.disposable else f"{self._identifier}-final",
            # The version table says when, so that what runs is what the program says.
            auto_minor_version_upgrade=False,
            log_delivery_configurations=[self._log(kind) for kind in _LOGS],
            opts=place.protected(self._parent),
        )

    def _subnets(self) -> elasticache.SubnetGroup:
        return elasticache.SubnetGroup(
            self._name,
            name=self._identifier,
            description=f"{self._name}: the cluster's private subnets",
            subnet_ids=self._place.private_subnet_ids,
            opts=self._place.options(self._parent),
        )

    def _parameters(self) -> elasticache.ParameterGroup:
        return elasticache.ParameterGroup(
            self._name,
            name=self._identifier,
            family=f"valkey{AWS_ENGINES['valkey'].split('.')[0]}",
            description=f"{self._name}: refuses writes when full, drops nothing",
            parameters=[{"name": "maxmemory-policy", "value": "noeviction"}],
            opts=self._place.options(self._parent),
        )

    def _log(self, kind: str) -> elasticache.ReplicationGroupLogDeliveryConfigurationArgsDict:
        group = log_group(
            f"{self._name}-{kind}",
            self._place,
            f"/aws/elasticache/{self._identifier}/{kind}",
            key_arn=self._place.log_key_arn,
            parent=self._parent,
        )
        return {
            "destination": group.name,
            "destination_type": "cloudwatch-logs",
            "log_format": "json",
            "log_type": kind,
        }
