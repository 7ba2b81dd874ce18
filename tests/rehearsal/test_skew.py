"""Features that differ online from what they are offline, found on the running platform and told to Prometheus."""

from __future__ import annotations

import json
import textwrap
from typing import TYPE_CHECKING

import pytest

from tests.rehearsal.test_monitoring import query

if TYPE_CHECKING:
    from tests.rehearsal.conftest import Platform

pytestmark = [pytest.mark.rehearsal, pytest.mark.data]

NAMESPACE = "feature-store"
JOBS = f"/apis/batch/v1/namespaces/{NAMESPACE}/jobs"
DRIVERS = 400
SPOILT = 30
ROWS = f"""
import os, sys
from datetime import datetime, timedelta, timezone
import pandas as pd
hour = datetime.now(timezone.utc).replace(minute=0, second=0, microsecond=0)

def rows(drivers, moment, trips):
    return pd.DataFrame({{
        "driver_id": list(drivers), "event_timestamp": moment, "created": datetime.now(timezone.utc),
        "trips_today": [trips + each for each in drivers], "conversion_rate": [each / {DRIVERS} for each in drivers],
    }})

def keep(name, frame):
    import pyarrow as pa
    import pyarrow.parquet as pq
    from pyarrow.fs import S3FileSystem
    bucket = S3FileSystem(endpoint_override=os.environ["AWS_ENDPOINT_URL"])
    place = os.environ["FEATURE_BUCKET"] + "/features/driver_activity/" + name
    pq.write_table(pa.Table.from_pandas(frame, preserve_index=False), place, filesystem=bucket)
"""
WRITE = f'keep("skew-1.parquet", rows(range(1000, 1000 + {DRIVERS}), hour - timedelta(hours=2), 0))'
SPOIL = f"""
from feast import FeatureStore
# Of the same second as the row in the file, and later: Feast keeps what is later.
moment = hour - timedelta(hours=2) + timedelta(milliseconds=1)
spoilt = rows(range(1000, 1000 + {SPOILT}), moment, 500_000)
FeatureStore(fs_yaml_file="/etc/feast/feature_store.yaml").write_to_online_store("driver_activity", spoilt)
"""
MEND = f'keep("skew-2.parquet", rows(range(1000, 1000 + {SPOILT}), hour - timedelta(hours=1), 7))'


def run(platform: Platform, program: str | None = None) -> None:
    """Fill the online store, or run another program in the pod of the job that does."""
    schedule = platform.kube.get(f"/apis/batch/v1/namespaces/{NAMESPACE}/cronjobs/materialisation")
    spec = schedule["spec"]["jobTemplate"]["spec"]
    if program is not None:
        spec["template"]["spec"]["containers"][0]["command"] = ["python", "-c", ROWS + textwrap.dedent(program)]
    made = platform.kube.create(JOBS, {"metadata": {"generateName": "fill-"}, "spec": spec})
    name = made["metadata"]["name"]
    try:
        platform.wait_for(NAMESPACE, f"job/{name}", "condition=Complete", seconds=110)
    finally:
        platform.kube.delete(f"{JOBS}/{name}")


def compared(platform: Platform) -> dict[str, dict[str, int]]:
    """What the schedule's own Job says of the view, by feature."""
    name = "feature-skew-now"
    platform.kubectl("create", "job", name, f"--namespace={NAMESPACE}", "--from=cronjob/feature-skew")
    try:
        platform.wait_for(NAMESPACE, f"job/{name}", "condition=Complete", seconds=110)
        said = platform.kubectl("logs", f"--namespace={NAMESPACE}", f"job/{name}").strip().rpartition("\n")[2]
        found: dict[str, dict[str, int]] = json.loads(said)["views"]["driver_activity"]
        assert found == exported(platform)
    finally:
        platform.kubectl("delete", "job", name, f"--namespace={NAMESPACE}")
    return found


def exported(platform: Platform) -> dict[str, dict[str, int]]:
    """The same as Prometheus is told."""
    pods = platform.kube.list(
        "/api/v1/namespaces/monitoring/pods", label_selector="app.kubernetes.io/name=schedule-exporter"
    )
    (pod,) = (each["metadata"]["name"] for each in pods)
    text = platform.kube.text(f"/api/v1/namespaces/monitoring/pods/{pod}:8000/proxy/metrics")
    found: dict[str, dict[str, int]] = {}
    for line in text.splitlines():
        if line.startswith("mlplatform_feature_skew_entities{"):
            labels = dict(each.split("=", 1) for each in line[line.index("{") + 1 : line.index("}")].split(","))
            counts = found.setdefault(labels["feature"].strip('"'), {})
            counts[labels["verdict"].strip('"')] = int(line.rpartition(" ")[2])
    return found


def test_values_that_differ_online_are_counted_until_they_are_mended(platform: Platform) -> None:
    run(platform, WRITE)
    run(platform)
    before = compared(platform)
    assert {name: counts["different"] + counts["missing"] for name, counts in before.items()} == {
        "trips_today": 0,
        "conversion_rate": 0,
    }
    assert before["trips_today"]["same"] >= DRIVERS
    run(platform, SPOIL)
    spoilt = compared(platform)
    assert spoilt["trips_today"]["different"] == SPOILT
    assert spoilt["conversion_rate"]["different"] == 0
    run(platform, MEND)
    run(platform)
    assert compared(platform)["trips_today"]["different"] == 0


def test_prometheus_knows_when_each_schedule_is_due(platform: Platform) -> None:
    due = query(platform, "mlplatform_schedule_success_due_timestamp_seconds - time()")
    seconds = {
        each["metric"]["schedule"]: float(each["value"][1])
        for each in due
        if each["metric"]["schedule_namespace"] == NAMESPACE
    }
    assert set(seconds) == {"materialisation", "feature-skew", "registry-backup", "registry-drill"}
    assert all(0 < left < 8 * 86400 for left in seconds.values())
