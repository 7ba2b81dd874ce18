"""What a stack file asks of AWS must be to be had where its cluster is, under a name that nobody else has."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from stacks.settings import Settings, SettingsError

STACKS = Path(__file__).parents[2] / "stacks"
ELSEWHERE = "is a service of AWS, and the cluster was there before"
REMEDY = "leave it out, or choose `kind: eks` for the cluster"


def written(directory: Path, stack: str, *changes: tuple[str, Any], name: str = "bad") -> Path:
    """The stack's file with other values at some keys (`section.key`), as that of another stack."""
    document = yaml.safe_load((STACKS / f"Pulumi.{stack}.yaml").read_text())
    for place, value in changes:
        section, *keys = place.split(".")
        holder, last = document["config"], f"mlplatform:{section}"
        for key in keys:
            holder, last = holder.setdefault(last, {}), key
        holder[last] = value
    path = directory / f"Pulumi.{name}.yaml"
    path.write_text(yaml.safe_dump(document))
    return path


def report(path: Path) -> list[str]:
    """The lines of the report, without the numbers of lines in the file."""
    with pytest.raises(SettingsError) as caught:
        Settings.load(path)
    return [line.strip().partition(" (line ")[0] for line in str(caught.value).splitlines()[1:]]


@pytest.mark.parametrize(
    ("place", "value", "got"),
    [
        ("artifact_bucket.kind", "s3", '"s3"'),
        ("feature_store.registry.kind", "aurora", '"aurora"'),
        ("feature_store.online.kind", "elasticache", '"elasticache"'),
        ("feature_store.offline.kind", "athena", '"athena"'),
        ("registry.database.kind", "aurora", '"aurora"'),
        ("monitoring.metrics.kind", "amazon_managed", '"amazon_managed"'),
        ("monitoring.logs.kind", "cloudwatch", '"cloudwatch"'),
        ("monitoring.alerting.topic", {}, '"a topic"'),
        ("images.kind", "ecr", '"ecr"'),
    ],
)
def test_a_service_of_aws_needs_a_cluster_on_aws(place: str, value: Any, got: str, tmp_path: Path) -> None:
    lines = report(written(tmp_path, "onprem", (place, value)))
    assert f"mlplatform:{place}: {ELSEWHERE}, got {got}; {REMEDY}" in lines


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("artifact_bucket.storage", {"gib": 10}),
        ("artifact_bucket.versioned", False),
        ("feature_store.registry.storage", {"gib": 10}),
        ("feature_store.online.size", {"cpu_millicores": 1, "cpu_limit_millicores": 1, "memory_mib": 1}),
    ],
)
def test_a_size_for_the_cluster_is_refused_where_aws_keeps_the_data(place: str, value: Any, tmp_path: Path) -> None:
    key = place.rpartition(".")[2]
    assert report(written(tmp_path, "prod", (place, value))) == [
        f'mlplatform:{place}: is a setting of `kind: in_cluster` only, got "{key}"; leave it out, or choose that kind'
    ]


def test_a_copy_lies_in_another_region_than_the_bucket(tmp_path: Path) -> None:
    assert report(written(tmp_path, "prod", ("artifact_bucket.replica_region", "eu-north-1"))) == [
        "mlplatform:artifact_bucket.replica_region: is the region of the bucket itself, "
        'got "eu-north-1"; choose another region'
    ]


def test_what_nobody_can_delete_has_no_place_in_a_disposable_stack(tmp_path: Path) -> None:
    assert report(written(tmp_path, "dev", ("artifact_bucket.evidence", {}))) == [
        "mlplatform:artifact_bucket.evidence.lock: lets nobody destroy what the cluster calls disposable, "
        'got "compliance"; choose `lock: governance`, or a cluster that is not disposable'
    ]


def test_athena_reads_a_bucket_on_s3_only(tmp_path: Path) -> None:
    offline = {"feature_store.offline.kind": "athena", "feature_store.repository": "features"}
    lines = report(written(tmp_path, "prod", *offline.items(), ("artifact_bucket", {})))
    assert lines == [
        "mlplatform:feature_store.offline.kind: reads a bucket on S3, and there is none, "
        'got "athena"; choose `kind: s3` for the artifact bucket, or leave `offline` out'
    ]


def test_athena_needs_definitions_of_its_own(tmp_path: Path) -> None:
    (line,) = report(written(tmp_path, "prod", ("feature_store.offline.kind", "athena")))
    assert "offline.kind is athena but repository is absent" in line


@pytest.mark.parametrize("days", [183, 0])
def test_evidence_is_kept_for_half_a_year_at_least(days: int, tmp_path: Path) -> None:
    assert report(written(tmp_path, "prod", ("artifact_bucket.evidence", {"retention_days": days}))) == [
        f"mlplatform:artifact_bucket.evidence.retention_days: is too small, got {days}; at least 184"
    ]


def test_a_database_is_backed_up_for_a_week_at_least(tmp_path: Path) -> None:
    registry = {"kind": "aurora", "backup_days": 6}
    assert report(written(tmp_path, "prod", ("feature_store.registry", registry))) == [
        "mlplatform:feature_store.registry.backup_days: is too small, got 6; at least 7"
    ]


def test_what_is_known_of_the_data_must_be_said(tmp_path: Path) -> None:
    (line,) = report(written(tmp_path, "prod", ("artifact_bucket", {"kind": "s3"})))
    assert line.startswith("mlplatform:artifact_bucket.datasets: is missing, got nothing")


@pytest.mark.parametrize("name", ["Production", "a_b", "a.b", "-a", "a" * 23])
def test_a_stack_on_aws_has_a_name_that_names_can_be_made_of(name: str, tmp_path: Path) -> None:
    assert report(written(tmp_path, "prod", name=name)) == [
        f'stack name: cannot be part of names on AWS, got "{name}"; at most 22 lower-case letters, digits and hyphens'
    ]
    Settings.load(written(tmp_path, "onprem", name=name))


class TestNeighbours:
    """Two stacks in one directory."""

    def test_have_clusters_of_different_names(self, tmp_path: Path) -> None:
        written(tmp_path, "prod", name="one")
        other = written(tmp_path, "prod", ("cluster.name", "mlplatform-one"), name="other")
        assert report(other) == [
            'mlplatform:cluster.name: is the name of a second cluster, got "mlplatform-one"; '
            "stack one has it already: every cluster of a region needs its own"
        ]

    def test_have_buckets_of_different_names(self, tmp_path: Path) -> None:
        same = ("artifact_bucket.name_prefix", "acme-ml")
        written(tmp_path, "prod", same, name="one")
        assert report(written(tmp_path, "prod", same, name="other")) == [
            'mlplatform:artifact_bucket.name_prefix: is the name of other buckets, got "acme-ml"; '
            "stack one has it already: every bucket of the world needs its own"
        ]

    @pytest.mark.parametrize(
        "difference",
        [
            ("cluster.region", "eu-west-1"),
            ("cluster.name", "another"),
        ],
    )
    def test_may_be_alike_otherwise(self, difference: tuple[str, str], tmp_path: Path) -> None:
        shared = ("cluster.name", "shared")
        written(tmp_path, "staging", shared, name="one")
        other = written(tmp_path, "staging", shared, difference, name="other")
        assert Settings.load(other).artifact_bucket.kind == "s3"

    def test_that_cannot_be_read_take_no_names(self, tmp_path: Path) -> None:
        (tmp_path / "Pulumi.broken.yaml").write_text("config: [")
        (tmp_path / "Pulumi.other.yaml").write_bytes(b"\xff")
        Settings.load(written(tmp_path, "prod", name="good"))
