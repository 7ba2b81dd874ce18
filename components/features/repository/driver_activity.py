"""The example that comes with the platform: how active drivers were, for ranking them.

Rows arrive in two ways: a batch pipeline writes Parquet files into the bucket, and services push what just happened.
"""

import os
from datetime import timedelta

from feast import Entity, FeatureService, FeatureView, Field, FileSource, PushSource, ValueType
from feast.types import Float64, Int64

driver = Entity(name="driver", join_keys=["driver_id"], value_type=ValueType.INT64)

history = FileSource(
    name="driver_activity_history",
    path=f"s3://{os.environ['FEATURE_BUCKET']}/features/driver_activity/",
    timestamp_field="event_timestamp",
    created_timestamp_column="created",
    s3_endpoint_override=os.environ.get("AWS_ENDPOINT_URL", ""),
)

events = PushSource(name="driver_activity_events", batch_source=history)

activity = FeatureView(
    name="driver_activity",
    entities=[driver],
    ttl=timedelta(days=7),
    schema=[
        Field(name="driver_id", dtype=Int64),
        Field(name="trips_today", dtype=Int64),
        Field(name="conversion_rate", dtype=Float64),
    ],
    source=events,
)

ranking = FeatureService(name="driver_ranking", features=[activity])
