"""PostgreSQL as Amazon Aurora Serverless: private, encrypted, backed up, protected from deletion."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

import pulumi
from pulumi_aws import rds

from components._versions import AWS_ENGINES
from components.aws.kept_secret import kept_secret
from components.aws.keys import customer_key
from components.aws.log_group import log_group
from components.aws.names import named
from components.stores.network import reached_by_nodes
from components.stores.store import Store

if TYPE_CHECKING:
    from components.aws.place import AwsPlace
    from components.specs.database import AuroraDatabase

PORT: Final = 5432
# The value itself, for whom the SDK's enumerations are not at hand.
_ENGINE: Final = cast("rds.EngineType", "aurora-postgresql")
_LONGEST_NAME: Final = 63
_INSIGHTS_DAYS: Final = 7


class Aurora:
    """A cluster with one database, and a user of the same name who may do everything in it."""

    def __init__(
        self,
        name: str,
        spec: AuroraDatabase,
        place: AwsPlace,
        *,
        purpose: str,
        database: str,
        password: pulumi.Output[str],
        parent: pulumi.Resource,
    ) -> None:
        self._name, self._spec, self._place, self._parent = name, spec, place, parent
        self._identifier = named(purpose, longest=_LONGEST_NAME)
        self._key = customer_key(name, place, purpose=f"{name}: database, backups, password", parent=parent)
        self._cluster = self._make(database, password)
        instances = [self._instance(number) for number in range(spec.instances)]
        # The name is there before any machine answers under it.
        endpoint = pulumi.Output.all(self._cluster.endpoint, *(each.id for each in instances))
        self._host = endpoint.apply(lambda known: str(known[0]))
        login = {"username": database, "password": password, "host": self._host, "port": PORT, "dbname": database}
        kept_secret(name, place, login, key=self._key, parent=parent)
        self.store = Store(
            address=pulumi.Output.concat(self._host, f":{PORT}"),
            # Its certificate is of an authority of Amazon's own, which no image knows: encrypted, but not verified.
            connection=pulumi.Output.format(
                "postgresql+psycopg://{0}:{1}@{2}:{3}/{0}?sslmode=require&connect_timeout=5",
                database,
                password,
                self._host,
                PORT,
            ),
        )

    def _make(self, database: str, password: pulumi.Output[str]) -> rds.Cluster:
        place, spec = self._place, self._spec
        group = reached_by_nodes(self._name, place, port=PORT, parent=self._parent)
        logs = log_group(
            f"{self._name}-log",
            place,
            f"/aws/rds/cluster/{self._identifier}/postgresql",
            key_arn=place.log_key_arn,
            parent=self._parent,
        )
        return rds.Cluster(
            self._name,
            cluster_identifier=self._identifier,
            engine=_ENGINE,
            engine_mode="provisioned",
            engine_version=AWS_ENGINES["aurora-postgresql"],
            serverlessv2_scaling_configuration={
                "min_capacity": spec.least_capacity_units,
                "max_capacity": spec.most_capacity_units,
            },
            database_name=database,
            master_username=database,
            master_password=password,
            port=PORT,
            db_subnet_group_name=self._subnets().name,
            vpc_security_group_ids=[group.id],
            db_cluster_parameter_group_name=self._parameters().name,
            storage_encrypted=True,
            kms_key_id=self._key.arn,
            backup_retention_period=spec.backup_days,
            copy_tags_to_snapshot=True,
            deletion_protection=not place.disposable,
            skip_final_snapshot=place.disposable,
            final_snapshot_identifier=None if place.disposable else f"{self._identifier}-final",
            enabled_cloudwatch_logs_exports=["postgresql"],
            opts=place.protected(self._parent, logs),
        )

    def _subnets(self) -> rds.SubnetGroup:
        return rds.SubnetGroup(
            self._name,
            name=self._identifier,
            description=f"{self._name}: the cluster's private subnets",
            subnet_ids=self._place.private_subnet_ids,
            opts=self._place.options(self._parent),
        )

    def _parameters(self) -> rds.ClusterParameterGroup:
        major = AWS_ENGINES["aurora-postgresql"].split(".")[0]
        return rds.ClusterParameterGroup(
            self._name,
            name=self._identifier,
            family=f"aurora-postgresql{major}",
            description=f"{self._name}: no connection without TLS",
            parameters=[{"name": "rds.force_ssl", "value": "1"}],
            opts=self._place.options(self._parent),
        )

    def _instance(self, number: int) -> rds.ClusterInstance:
        return rds.ClusterInstance(
            f"{self._name}-{number}",
            identifier=f"{self._identifier}-{number}",
            cluster_identifier=self._cluster.id,
            engine=_ENGINE,
            engine_version=self._cluster.engine_version,
            instance_class="db.serverless",
            publicly_accessible=False,
            performance_insights_enabled=True,
            performance_insights_kms_key_id=self._key.arn,
            performance_insights_retention_period=_INSIGHTS_DAYS,
            copy_tags_to_snapshot=True,
            # The version table says when, so that what runs is what the program says.
            auto_minor_version_upgrade=False,
            opts=self._place.options(self._parent),
        )
