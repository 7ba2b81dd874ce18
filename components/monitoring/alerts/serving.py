"""What endpoints do, in one form for all model servers, and alerts that name the model, its version and its team."""

from __future__ import annotations

from typing import Final

from components.monitoring.alerts.rule import Alert, Group, Recording

WHOSE: Final = "team, model, version"
"""Labels by which an endpoint's series are told apart; `version` is the digest of the model's files."""
_VLLM: Final = 'http_requests_total{job="models", handler=~"/v1/.+"'
_MLSERVER: Final = 'rest_server_requests_total{job="models", path=~".+/infer"'
_MODEL: Final = "{{ $labels.model }} of team {{ $labels.team }} (version {{ $labels.version }})"


def _requests(window: str, vllm: str = "", mlserver: str = "") -> str:
    """Requests per second of every endpoint, whichever server answers; the arguments narrow it down."""
    return (
        f"sum by ({WHOSE}) (rate({_VLLM}{vllm}}}[{window}]))\n"
        f"  or sum by ({WHOSE}) (rate({_MLSERVER}{mlserver}}}[{window}]))"
    )


REQUESTS: Final = Recording("endpoint:requests:rate5m", _requests("5m"))
ERRORS: Final = Recording("endpoint:errors:rate5m", _requests("5m", ', status="5xx"', ', status_code=~"5.."'))
TOKENS: Final = Recording(
    "endpoint:tokens:rate5m",
    f'sum by ({WHOSE}) (rate(vllm:prompt_tokens_total{{job="models"}}[5m]) '
    '+ rate(vllm:generation_tokens_total{job="models"}[5m]))',
)

GROUP: Final = Group(
    "serving",
    recordings=(REQUESTS, ERRORS, TOKENS),
    alerts=(
        Alert(
            "EndpointDown",
            """endpoint:replicas:wanted
                unless on (team, model) sum by (team, model) (up{job="models"}) > 0""",
            "critical",
            f"{_MODEL} does not answer",
            "No replica of the endpoint could be read for five minutes. Nobody is served.",
            (
                "`kubectl get pods -n team-<team> -l serving.kserve.io/inferenceservice=<model>` shows its replicas.",
                "Events say when an image, a model or a GPU is missing; the log says when the server ends itself.",
                "Back to the version before: set `uri` in the stack file to it and run `pulumi up`.",
            ),
            minutes=5,
            team=None,
        ),
        Alert(
            "EndpointShort",
            """endpoint:replicas:wanted
                - on (team, model) group_left () sum by (team, model) (up{job="models"}) > 0""",
            "warning",
            f"{_MODEL} lacks {{{{ $value }}}} replicas",
            "The endpoint answers, from fewer replicas than it should have: another loss may be an outage.",
            ("As for EndpointDown, with the pods that are not ready.",),
            minutes=30,
            team=None,
        ),
        Alert(
            "ModelErrors",
            "endpoint:errors:rate5m / endpoint:requests:rate5m > 0.05",
            "critical",
            f"{{{{ $value | humanizePercentage }}}} of the requests to {_MODEL} fail",
            "The server answers with errors of its own. This model alone is to be rolled back, no other.",
            (
                "Read the server's log of the pods that have this version.",
                "Back to the version before: set `uri` in the stack file to it and run `pulumi up`.",
            ),
            minutes=5,
            team=None,
        ),
        Alert(
            "ModelRequestsQueue",
            f"sum by ({WHOSE}, pod, node) (vllm:num_requests_waiting) > 10",
            "warning",
            f"{{{{ $value }}}} requests to {_MODEL} wait in {{{{ $labels.pod }}}}",
            "The replica has more requests than fit into its memory at once.",
            ("More replicas.", "If one client sends them all, limit it.", "Shorter prompts or answers, if they grew."),
            minutes=5,
            team=None,
        ),
        Alert(
            "ModelSlowToAnswer",
            f"""histogram_quantile(0.95,
                sum by ({WHOSE}, le) (rate(vllm:time_to_first_token_seconds_bucket[5m]))) > 5""",
            "warning",
            f"One request in twenty to {_MODEL} waits {{{{ $value | humanizeDuration }}}} for its first token",
            "People see nothing for seconds after they have asked.",
            (
                "See whether requests wait (ModelRequestsQueue): more replicas.",
                "If not, prompts grew: see tokens per second.",
            ),
            minutes=10,
            team=None,
        ),
        Alert(
            "ModelMemoryFull",
            f"max by ({WHOSE}, pod, node) (vllm:kv_cache_usage_perc) > 0.95",
            "warning",
            f"{{{{ $labels.pod }}}} of {_MODEL} has filled {{{{ $value | humanizePercentage }}}} of its memory",
            "New requests wait until others end; some are put back and computed again.",
            ("More replicas, or more GPUs a replica.", "A shorter context: `--max-model-len`."),
            minutes=10,
            team=None,
        ),
        Alert(
            "ModelPreempts",
            f"sum by ({WHOSE}) (rate(vllm:num_preemptions_total[10m])) > 0.1",
            "warning",
            f"{_MODEL} puts requests back and computes them again",
            "Requests were begun that did not fit into memory to their end. They take twice as long.",
            ("As for ModelMemoryFull.",),
            minutes=10,
            team=None,
        ),
    ),
)
