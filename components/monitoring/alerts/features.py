"""Alerts about the feature store."""

from __future__ import annotations

from typing import Final

from components.monitoring.alerts.rule import Alert, Group

_LATENCY: Final = 'feast_feature_server_request_latency_seconds_bucket{endpoint="/get-online-features"}'

GROUP: Final = Group(
    "features",
    alerts=(
        Alert(
            "FeaturesStale",
            "max by (project, feature_view) (feast_feature_freshness_seconds) > 7200",
            "warning",
            "{{ $labels.feature_view }} was last filled {{ $value | humanizeDuration }} ago",
            "Models read values of two hours ago or more, and are not told so.",
            (
                "Read the last pods of the CronJob `materialisation` in `feature-store`.",
                "If they succeed, no new rows arrive: look at the source of the feature view.",
            ),
            minutes=10,
        ),
        Alert(
            "FeatureServerFails",
            """sum(rate(feast_feature_server_request_total{status="error"}[5m]))
                / sum(rate(feast_feature_server_request_total[5m])) > 0.05""",
            "critical",
            "{{ $value | humanizePercentage }} of the requests to the feature server fail",
            "Models get no features and fail, or answer without them.",
            (
                "Read its log: `kubectl logs -n feature-store deploy/feature-server`.",
                "See whether the online store answers.",
            ),
            minutes=5,
        ),
        Alert(
            "FeatureServerSlow",
            f"histogram_quantile(0.99, sum by (le) (rate({_LATENCY}[5m]))) > 0.25",
            "warning",
            "One read of features in a hundred takes {{ $value | humanizeDuration }}",
            "Every request of a model that reads features takes that much longer.",
            ("See whether the online store is busy or far.", "More replicas: `feature_store.server.replicas`."),
            minutes=10,
        ),
    ),
)
