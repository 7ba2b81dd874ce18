"""Alerts about the platform itself."""

from __future__ import annotations

from typing import Final

from tests.monitoring.promtool import Case

_CHECKS: Final = "apiserver_validating_admission_policy_check_total"
_DENIED: Final = 'enforcement_action="deny", error_type="no_error"'
_ISSUED: Final = {"exported_namespace": "kserve", "name": "serving-cert", "issuer_name": "ca"}
_CERTIFICATE: Final = '{exported_namespace="kserve", name="serving-cert", issuer_name="ca"'

CASES: Final = (
    Case("Watchdog", "alerting shows that it lives", {}, {"0m": [({}, "Alerting works")]}, []),
    Case(
        "TargetDown",
        "a target that is down for five minutes is reported until it is back; replicas of endpoints are others' matter",
        {
            'up{job="pods", namespace="kserve", pod="m-0", instance="10.0.0.9:8080"}': "1x4 0x9 1x9",
            'up{job="pods", namespace="kserve", pod="m-1", instance="10.0.0.8:8080"}': "1x24",
            'up{job="models", namespace="team-search", pod="a-0", instance="10.0.0.7:8080"}': "0x24",
        },
        {
            "11m": [
                (
                    {"job": "pods", "namespace": "kserve", "pod": "m-0", "instance": "10.0.0.9:8080"},
                    "10.0.0.9:8080 of pods (kserve/m-0) gives no metrics",
                )
            ]
        },
        ["4m", "9m", "16m"],
    ),
    Case(
        "NodeDown",
        "a machine of which nothing answers for two minutes is down; one target of two, or one alone, is not enough",
        {
            'up{job="gpus", node="gpu-0", instance="10.0.1.1:9400"}': "1x4 0x9 1x9",
            'up{job="models", node="gpu-0", instance="10.0.1.2:8080"}': "1x4 0x10 1x8",
            'up{job="gpus", node="gpu-1", instance="10.0.2.1:9400"}': "0x24",
            'up{job="models", node="gpu-1", instance="10.0.2.2:8080"}': "1x24",
            'up{job="pods", node="cpu-0", instance="10.0.3.1:8080"}': "0x24",
            'up{job="prometheus", instance="localhost:9090"}': "0x24",
            'up{job="alertmanager", instance="alertmanager:9093"}': "0x24",
        },
        {"8m": [({"node": "gpu-0"}, "Nothing on node gpu-0 gives metrics")]},
        ["4m", "6m", "16m"],
    ),
    Case(
        "ApiServerErrors",
        "six failed requests in a hundred are too many, five are not",
        {
            'apiserver_request_total{code="200"}': "0+95x20 1900+94x25 4250+95x40",
            'apiserver_request_total{code="500"}': "0+5x20 100+6x25 250+5x40",
        },
        {"38m": [({}, "6% of the API server's answers are server errors")]},
        ["20m", "29m", "60m"],
    ),
    Case(
        "WebhookFails",
        "one call that fails is reported for a quarter of an hour; what a webhook refuses is not",
        {
            'apiserver_admission_webhook_rejection_count{name="v.kserve.io", error_type="calling_webhook_error"}': (
                "0x9 1x40"
            ),
            'apiserver_admission_webhook_rejection_count{name="v.kueue.x-k8s.io", error_type="no_error"}': "0+9x50",
        },
        {"12m": [({"name": "v.kserve.io"}, "The webhook v.kserve.io cannot be asked")]},
        ["9m", "30m"],
    ),
    Case(
        "PolicyDenials",
        "eighteen refusals within a quarter of an hour are daily life, twenty-four are reported",
        {
            f'{_CHECKS}{{policy="gpu-04", {_DENIED}}}': "0+1.2x30 36+1.6x30 84x30",
            f'{_CHECKS}{{policy="gpu-04", enforcement_action="allow", error_type="no_error"}}': "0+50x90",
            f'{_CHECKS}{{policy="k8s-01", {_DENIED}}}': "0+1.2x90",
        },
        {"55m": [({"policy": "gpu-04"}, "The policy gpu-04 refused 24 objects within 15 minutes")]},
        ["30m", "85m"],
    ),
    Case(
        "PolicyBroken",
        "one evaluation that fails is reported for a quarter of an hour",
        {
            f'{_CHECKS}{{policy="gpu-04", enforcement_action="deny", error_type="invalid_error"}}': "0x9 1x40",
            f'{_CHECKS}{{policy="gpu-04", enforcement_action="deny", error_type="no_error"}}': "0+1x50",
        },
        {"12m": [({"policy": "gpu-04"}, "The policy gpu-04 cannot be evaluated")]},
        ["9m", "30m"],
    ),
    Case(
        "CertificateExpires",
        "a certificate of less than seven days is reported until it is renewed",
        {
            # Promtool's time begins at zero: this one ends seven days and an hour after that.
            f"certmanager_certificate_expiration_timestamp_seconds{_CERTIFICATE}}}": "608400x200 7776000x60",
            'certmanager_certificate_expiration_timestamp_seconds{exported_namespace="a", name="b"}': "700000x260",
        },
        {"150m": [(_ISSUED, "The certificate kserve/serving-cert ends in 6d 22h 30m 0s")]},
        ["50m", "110m", "210m"],
    ),
    Case(
        "CertificateNotReady",
        "a certificate that is not issued for half an hour is reported until it is",
        {
            f'certmanager_certificate_ready_status{_CERTIFICATE}, condition="True"}}': "1x9 0x50 1x20",
            f'certmanager_certificate_ready_status{_CERTIFICATE}, condition="False"}}': "0x9 1x50 0x20",
        },
        {"45m": [({**_ISSUED, "condition": "True"}, "The certificate kserve/serving-cert is not issued")]},
        ["9m", "35m", "65m"],
    ),
    Case(
        "RuleEvaluationFails",
        "a rule that cannot be evaluated is reported for a quarter of an hour",
        {'prometheus_rule_evaluation_failures_total{rule_group="gpu"}': "0x5 1x40"},
        {"8m": [({"rule_group": "gpu"}, "A rule of gpu cannot be evaluated")]},
        ["4m", "30m"],
    ),
    Case(
        "NotificationsFail",
        "a notification that fails is reported for a quarter of an hour",
        {'alertmanager_notifications_failed_total{integration="webhook"}': "0x5 1x40"},
        {"8m": [({"integration": "webhook"}, "Alertmanager could not reach webhook")]},
        ["4m", "30m"],
    ),
    Case(
        "MetricsRefused",
        "a target with too many samples is reported for a quarter of an hour",
        {"prometheus_target_scrapes_exceeded_sample_limit_total": "0x5 1x40"},
        {"8m": [({}, "A workload has too many metrics")]},
        ["4m", "30m"],
    ),
)
