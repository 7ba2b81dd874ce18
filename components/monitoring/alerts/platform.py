"""Alerts about the platform itself: the API server, guardrails, certificates, and monitoring's own parts."""

from __future__ import annotations

from typing import Final

from components.monitoring.alerts.rule import Alert, Group

_CERTIFICATE: Final = "{{ $labels.exported_namespace }}/{{ $labels.name }}"
_ISSUER: Final = "`kubectl describe certificate -n <namespace> <name>` names the request and its issuer; follow them."

GROUP: Final = Group(
    "platform",
    alerts=(
        Alert(
            "Watchdog",
            "vector(1)",
            "none",
            "Alerting works",
            "Fires always. When a receiver no longer hears of it, alerts do not reach it any more.",
            ("Nothing to do while it fires.", "When it stopped: look at Prometheus, then at Alertmanager's log."),
        ),
        Alert(
            "TargetDown",
            'up{job!="models"} == 0',
            "warning",
            "{{ $labels.instance }} of {{ $labels.job }} ({{ $labels.namespace }}/{{ $labels.pod }}) gives no metrics",
            "It could not be read for five minutes, and no alert about it fires meanwhile.",
            ("Prometheus' page `Status > Target health` has the error.", "Look at the pod's state and log."),
            minutes=5,
        ),
        Alert(
            "NodeDown",
            # Of one target alone nobody knows whether it or its machine is down.
            """sum by (node) (up{node!=""}) == 0
                unless count by (node) (up{node!=""}) == 1""",
            "critical",
            "Nothing on node {{ $labels.node }} gives metrics",
            "The machine or its network is down. What ran there is lost or cannot be reached; jobs queue again, and "
            "endpoints have fewer replicas. Alerts about its GPUs and pods are not sent meanwhile.",
            (
                "`kubectl describe node <node>`: its conditions say since when its kubelet is silent.",
                "On AWS end the instance, elsewhere start the machine again by its controller.",
                "If it does not come back: `kubectl delete node <node>`, so that what has a volume starts elsewhere.",
            ),
            minutes=2,
        ),
        Alert(
            "ApiServerErrors",
            'sum(rate(apiserver_request_total{code=~"5.."}[5m])) / sum(rate(apiserver_request_total[5m])) > 0.05',
            "critical",
            "{{ $value | humanizePercentage }} of the API server's answers are server errors",
            "Nothing can be started or changed reliably; what runs goes on.",
            (
                "Elsewhere than on EKS: look at etcd's disk and at the API server's log.",
                "On EKS: the cluster's health page.",
            ),
            minutes=10,
        ),
        Alert(
            "WebhookFails",
            'sum by (name) (increase(apiserver_admission_webhook_rejection_count{error_type!="no_error"}[15m])) > 0',
            "critical",
            "The webhook {{ $labels.name }} cannot be asked",
            "Whatever it has a say in is refused: jobs, endpoints or certificates cannot be made or changed.",
            (
                "Its name ends with its owner: look at the controller's pods and log.",
                "See whether its certificate expired.",
            ),
        ),
        Alert(
            "PolicyDenials",
            """sum by (policy) (increase(
                apiserver_validating_admission_policy_check_total{enforcement_action="deny"}[15m])) > 20""",
            "warning",
            "The policy {{ $labels.policy }} refused {{ $value | humanize }} objects within 15 minutes",
            "Somebody's automation repeats what is not allowed, or a change of the platform made it so.",
            (
                "The audit log has who and what: `objectRef`, `user` and the rule's id in the message of the refusal.",
                "The rule's page in `docs/policies` says how to comply, and how an exception is asked for.",
            ),
        ),
        Alert(
            "PolicyBroken",
            """sum by (policy) (increase(
                apiserver_validating_admission_policy_check_total{error_type!="no_error"}[15m])) > 0""",
            "critical",
            "The policy {{ $labels.policy }} cannot be evaluated",
            "The API server refuses what its rules apply to, whether or not it complies.",
            ("`kubectl get validatingadmissionpolicy <policy> -o yaml`: `status` has the error.", "Run `pulumi up`."),
        ),
        Alert(
            "CertificateExpires",
            "certmanager_certificate_expiration_timestamp_seconds - time() < 604800",
            "critical",
            f"The certificate {_CERTIFICATE} ends in {{{{ $value | humanizeDuration }}}}",
            "It should have been renewed weeks ago. When it ends, nobody can call what uses it.",
            (_ISSUER,),
            minutes=60,
        ),
        Alert(
            "CertificateNotReady",
            'certmanager_certificate_ready_status{condition="True"} == 0',
            "warning",
            f"The certificate {_CERTIFICATE} is not issued",
            "What waits for it does not start, or goes on with an old one.",
            (_ISSUER,),
            minutes=30,
        ),
        Alert(
            "RuleEvaluationFails",
            "increase(prometheus_rule_evaluation_failures_total[15m]) > 0",
            "warning",
            "A rule of {{ $labels.rule_group }} cannot be evaluated",
            "Alerts of the rule do not fire.",
            ("Prometheus' page `Status > Rule health` has the error.",),
        ),
        Alert(
            "NotificationsFail",
            "increase(alertmanager_notifications_failed_total[15m]) > 0",
            "critical",
            "Alertmanager could not reach {{ $labels.integration }}",
            "Alerts fire and nobody of that receiver hears of them.",
            (
                "Alertmanager's log has the answer that it got.",
                "See whether the Secret with the address or key is current.",
            ),
        ),
        Alert(
            "MetricsRefused",
            "increase(prometheus_target_scrapes_exceeded_sample_limit_total[15m]) > 0",
            "warning",
            "A workload has too many metrics",
            "It gave more series than one may, so none of them are kept.",
            ("Prometheus' page `Status > Target health` names it.", "Have it drop labels that hold identifiers."),
        ),
    ),
)
