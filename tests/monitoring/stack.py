"""A stack with an endpoint of each kind, and with everything promised that can be."""

from __future__ import annotations

from typing import Final

from components.monitoring import alerts
from components.specs.capacity import Team
from components.specs.gpu_serving_pool import ServedModel

_DIGEST: Final = "ab" * 32

TEAM: Final = Team.model_validate(
    {
        "name": "search",
        "owner": "grace.hopper",
        "cost_centre": "cc-1906",
        "queue_wait": {"seconds": 640, "percent": 90},
    }
)
ASSISTANT: Final = ServedModel.model_validate(
    {
        "name": "assistant",
        "team": "search",
        "format": "llm",
        "uri": f"oci://registry.example/assistant@sha256:{_DIGEST}",
        "pool": "l40s",
        "gpus": 1,
        "system_id": "search-assistant",
        "risk_class": "limited",
        "intended_use": "Answers questions.",
        "objectives": {
            "availability_percent": 99.5,
            "latency": {"seconds": 5, "percent": 95},
            "first_token": {"seconds": 0.5, "percent": 90},
        },
    }
)
RANKER: Final = ServedModel.model_validate(
    {
        "name": "ranker",
        "team": "search",
        "format": "sklearn",
        "uri": f"oci://registry.example/ranker@sha256:{_DIGEST}",
        "system_id": "search-ranker",
        "risk_class": "minimal",
        "intended_use": "Orders what was found.",
        "objectives": {"availability_percent": 99, "latency": {"seconds": 0.1, "percent": 99}},
    }
)
VERSION: Final = f"sha256:{_DIGEST}"
WINDOW_DAYS: Final = 15
GROUPS: Final = alerts.groups([ASSISTANT, RANKER], [TEAM], WINDOW_DAYS)
