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
            "FeaturesSkewed",
            """sum by (feature_view, feature) (mlplatform_feature_skew_entities{verdict=~"different|missing"})
                / sum by (feature_view, feature) (mlplatform_feature_skew_entities{verdict=~"same|different|missing"})
                > 0.005""",
            "critical",
            "{{ $value | humanizePercentage }} of {{ $labels.feature_view }}'s {{ $labels.feature }} differ online",
            "Models read other values than they were trained on, or none, and are not told so: they answer worse, and "
            "nothing fails.",
            (
                "The log of the newest pod of the CronJob `feature-skew` in `feature-store` has the counts; the bucket "
                "has all reports under `features/checks/skew/`.",
                "`missing` or `different` after late rows: raise `feature_store.materialisation.overlap_hours`.",
                "Else somebody wrote online what is in no file, or changed rows in files and left their event times as "
                "they were. Feast keeps online what is later: write the right rows again with a later event time.",
                "Run `feature-skew` again: `kubectl create job -n feature-store --from=cronjob/feature-skew again`.",
            ),
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
