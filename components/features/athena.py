"""Amazon Athena over the feature store's folder of the bucket."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pulumi
from pulumi_aws import athena, glue

from components.aws.names import named, stem

if TYPE_CHECKING:
    from components.aws.identity import Statement
    from components.aws.place import AwsPlace
    from components.buckets.access import BucketAccess
    from components.specs.feature_store import AthenaOfflineStore

_LONGEST_NAME: Final = 128
_BYTES_PER_GIB: Final = 1024**3


class Athena:
    """A workgroup that writes its results, encrypted, to a folder of the bucket, and a database for the tables."""

    def __init__(
        self,
        name: str,
        spec: AthenaOfflineStore,
        place: AwsPlace,
        bucket: BucketAccess,
        *,
        parent: pulumi.Resource,
    ) -> None:
        self._place = place
        self._bucket_arn = pulumi.Output.concat("arn:", place.partition, ":s3:::", bucket.bucket)
        self._staging = pulumi.Output.concat("s3://", bucket.bucket, f"/{bucket.prefix}athena/")
        self._workgroup = athena.Workgroup(
            name,
            name=named(name, longest=_LONGEST_NAME),
            description="Queries of the feature store",
            configuration={
                # Who asks cannot choose another place or no encryption.
                "enforce_workgroup_configuration": True,
                "publish_cloudwatch_metrics_enabled": True,
                "bytes_scanned_cutoff_per_query": spec.scan_limit_gib * _BYTES_PER_GIB,
                "result_configuration": {
                    "output_location": self._staging,
                    "encryption_configuration": {
                        "encryption_option": "SSE_KMS",
                        "kms_key_arn": bucket.encryption_key_arn,
                    },
                },
            },
            force_destroy=place.disposable,
            opts=place.options(parent),
        )
        self._database = glue.CatalogDatabase(
            name,
            name=f"{stem()}_{name}".replace("-", "_"),
            description="Tables of the feature store",
            location_uri=pulumi.Output.concat("s3://", bucket.bucket, f"/{bucket.prefix}tables/"),
            opts=place.options(parent),
        )

    def configuration(self) -> dict[str, pulumi.Input[str]]:
        """Feast's `offline_store`."""
        return {
            "type": "athena",
            "region": self._place.region,
            "data_source": "AwsDataCatalog",
            "database": self._database.name,
            "workgroup": self._workgroup.name,
            "s3_staging_location": self._staging,
        }

    def rights(self) -> list[Statement]:
        """What Feast's pods must be allowed beside the bucket."""
        catalog = pulumi.Output.concat(
            "arn:", self._place.partition, f":glue:{self._place.region}:", self._place.account_id
        )
        tables = [
            pulumi.Output.concat(catalog, ":catalog"),
            pulumi.Output.concat(catalog, ":database/", self._database.name),
            pulumi.Output.concat(catalog, ":table/", self._database.name, "/*"),
        ]
        queries = ["StartQueryExecution", "StopQueryExecution", "GetQueryExecution", "GetQueryResults", "GetWorkGroup"]
        reads = ["GetDatabase", "GetTable", "GetTables", "GetPartition", "GetPartitions"]
        writes = ["CreateTable", "UpdateTable", "DeleteTable"]
        return [
            {
                "Sid": "Locate",
                "Effect": "Allow",
                "Action": "s3:GetBucketLocation",
                "Resource": self._bucket_arn,
            },
            {
                "Sid": "Ask",
                "Effect": "Allow",
                "Action": [f"athena:{each}" for each in queries],
                "Resource": self._workgroup.arn,
            },
            {
                "Sid": "Tables",
                "Effect": "Allow",
                "Action": [f"glue:{each}" for each in [*reads, *writes]],
                "Resource": tables,
            },
        ]
