"""Alerts about the feature store and the artifact bucket."""

from __future__ import annotations

from typing import Final

from tests.monitoring.promtool import Case

_READS: Final = 'feast_feature_server_request_latency_seconds_bucket{endpoint="/get-online-features", le='
_OTHERS: Final = 'feast_feature_server_request_latency_seconds_bucket{endpoint="/materialize", le='
_FRESH: Final = 'feast_feature_freshness_seconds{project="platform", pod="a", feature_view='

_SKEW: Final = 'mlplatform_feature_skew_entities{pod="a", feature_view="drivers", feature='

CASES: Final = (
    Case(
        "FeaturesSkewed",
        "six values in a thousand that differ or are missing are reported, five are not; others do not count",
        {
            f'{_SKEW}"trips", verdict="same"}}': "995x9 994x10 995x10",
            f'{_SKEW}"trips", verdict="different"}}': "2x30",
            f'{_SKEW}"trips", verdict="missing"}}': "3x9 4x10 3x10",
            f'{_SKEW}"rate", verdict="same"}}': "500x30",
            f'{_SKEW}"rate", verdict="different"}}': "0x30",
            f'{_SKEW}"rate", verdict="expired"}}': "300x30",
            f'{_SKEW}"rate", verdict="newer"}}': "200x30",
        },
        {"12m": [({"feature_view": "drivers", "feature": "trips"}, "0.6% of drivers's trips differ online")]},
        ["9m", "25m"],
    ),
    Case(
        "FeaturesStale",
        "features that were not filled for two hours are reported until they are",
        {f'{_FRESH}"drivers"}}': "0+60x145 0+60x30", f'{_FRESH}"shops"}}': "7200x170"},
        {
            "135m": [
                ({"project": "platform", "feature_view": "drivers"}, "drivers was last filled 2h 15m 0s ago"),
            ]
        },
        ["125m", "155m"],
    ),
    Case(
        "FeatureServerFails",
        "six failures in a hundred are reported, five are not",
        {
            'feast_feature_server_request_total{endpoint="/push", status="success"}': "0+95x20 1900+94x20 3780+95x40",
            'feast_feature_server_request_total{endpoint="/push", status="error"}': "0+5x20 100+6x20 220+5x40",
        },
        {"28m": [({}, "6% of the requests to the feature server fail")]},
        ["20m", "24m", "60m"],
    ),
    Case(
        "FeatureServerSlow",
        "only reads count, and one in a hundred may take a quarter of a second",
        {
            f'{_READS}"0.25"}}': "0+98x40 3920+100x40",
            f'{_READS}"0.3"}}': "0+100x80",
            f'{_READS}"+Inf"}}': "0+100x80",
            f'{_OTHERS}"0.25"}}': "0x80",
            f'{_OTHERS}"+Inf"}}': "0+9x80",
        },
        {"15m": [({}, "One read of features in a hundred takes 275ms")]},
        ["8m", "60m"],
    ),
    Case(
        "FeatureServerSlow",
        "reads that take less are not reported",
        {
            f'{_READS}"0.2"}}': "0+50x80",
            f'{_READS}"0.25"}}': "0+100x80",
            f'{_READS}"+Inf"}}': "0+100x80",
        },
        {},
        ["15m", "60m"],
    ),
    Case(
        "BucketFails",
        "six failed requests in a hundred are reported, five are not; refusals are no failures",
        {
            'SeaweedFS_s3_request_total{bucket="artifacts", code="200", type="GET"}': "0+93x20 1860+92x20 3700+93x40",
            'SeaweedFS_s3_request_total{bucket="artifacts", code="403", type="GET"}': "0+2x80",
            'SeaweedFS_s3_request_total{bucket="artifacts", code="500", type="GET"}': "0+5x20 100+6x20 220+5x40",
        },
        {"28m": [({}, "6% of the requests to the artifact bucket fail")]},
        ["20m", "24m", "60m"],
    ),
    Case(
        "BucketAlmostFull",
        "less than 15 % of free space is reported until there is more",
        {
            'SeaweedFS_volumeServer_resource{name="data", pod="seaweedfs-0", type="all"}': "100x60",
            'SeaweedFS_volumeServer_resource{name="data", pod="seaweedfs-0", type="avail"}': "15x9 14x20 15x30",
        },
        {
            "21m": [
                (
                    {"name": "data", "pod": "seaweedfs-0"},
                    "14% of the artifact bucket's volume data is left",
                )
            ]
        },
        ["9m", "19m", "32m"],
    ),
    Case(
        "BucketReadOnly",
        "one volume that takes no more data is reported after five minutes",
        {
            'SeaweedFS_volumeServer_read_only_volumes{namespace="artifact-store", pod="seaweedfs-0", '
            'node="cpu-0", collection="artifacts", type="isDiskSpaceLow"}': "0x9 1x10 0x9"
        },
        {
            "16m": [
                (
                    {"namespace": "artifact-store", "pod": "seaweedfs-0", "node": "cpu-0"},
                    "1 volumes of the artifact bucket take no more data, in seaweedfs-0",
                )
            ]
        },
        ["9m", "13m", "22m"],
    ),
)
