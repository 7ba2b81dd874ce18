"""Alerts about the artifact bucket in the cluster."""

from __future__ import annotations

from typing import Final

from components.monitoring.alerts.rule import Alert, Group

_ROOM: Final = "Delete what is not needed, or raise `artifact_bucket.storage.gib` and run `pulumi up`."

GROUP: Final = Group(
    "storage",
    alerts=(
        Alert(
            "BucketFails",
            """sum(rate(SeaweedFS_s3_request_total{code=~"5.."}[5m]))
                / sum(rate(SeaweedFS_s3_request_total[5m])) > 0.05""",
            "critical",
            "{{ $value | humanizePercentage }} of the requests to the artifact bucket fail",
            "Checkpoints are not written and models not fetched.",
            ("Read its log: `kubectl logs -n artifact-store seaweedfs-0`.", "See whether its volume is full."),
            minutes=5,
        ),
        Alert(
            "BucketAlmostFull",
            """SeaweedFS_volumeServer_resource{type="avail"}
                / ignoring (type) SeaweedFS_volumeServer_resource{type="all"} < 0.15""",
            "warning",
            "{{ $value | humanizePercentage }} of the artifact bucket's volume {{ $labels.name }} is left",
            "At 1 GiB the bucket becomes read-only.",
            (_ROOM,),
            minutes=10,
        ),
        Alert(
            "BucketReadOnly",
            "sum by (namespace, pod, node) (SeaweedFS_volumeServer_read_only_volumes) > 0",
            "critical",
            "{{ $value }} volumes of the artifact bucket take no more data, in {{ $labels.pod }}",
            "Checkpoints and models cannot be written, most often because the disk is full.",
            (_ROOM,),
            minutes=5,
        ),
    ),
)
