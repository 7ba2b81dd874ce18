"""The AWS resources that the rules' examples start from, by Pulumi type: each passes every rule as it stands."""

from __future__ import annotations

from typing import Any, Final

Properties = dict[str, Any]

CLOUD_BASES: Final[dict[str, tuple[str, Properties]]] = {}
