"""What a ModelRelease and a ModelApproval may say, as structural OpenAPI schemas with rules in CEL.

Both never change once they are created: what was tested, approved and is served is the same. What rules cannot say
here, because it depends on who asks, the admission policy of AI-06 says.
"""

from __future__ import annotations

from typing import Any, Final

Schema = dict[str, Any]

_DIGEST: Final[Schema] = {"type": "string", "pattern": "^sha256:[0-9a-f]{64}$", "maxLength": 71}
_NAME: Final[Schema] = {"type": "string", "pattern": "^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$", "maxLength": 40}
_TEXT: Final[Schema] = {"type": "string", "minLength": 1, "maxLength": 1024}
_TIME: Final[Schema] = {"type": "string", "format": "date-time"}
_REPORT: Final[Schema] = {"type": "string", "pattern": "^s3://[^/]+/.+$", "maxLength": 1024}


def _number(minimum: float, maximum: float, default: float | None = None) -> Schema:
    return {"type": "number", "minimum": minimum, "maximum": maximum, **_default(default)}


def _whole(minimum: int, maximum: int, default: int | None = None) -> Schema:
    return {"type": "integer", "minimum": minimum, "maximum": maximum, **_default(default)}


def _default(value: object) -> Schema:
    return {} if value is None else {"default": value}


def _list(items: Schema, most: int, key: str | None = None, least: int = 0) -> Schema:
    keyed = {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": [key]} if key else {}
    return {"type": "array", "items": items, "minItems": least, "maxItems": most, **keyed}


def _object(properties: dict[str, Schema], *required: str, **more: object) -> Schema:
    return {"type": "object", "properties": properties, **({"required": list(required)} if required else {}), **more}


def _rule(rule: str, message: str) -> Schema:
    return {"rule": rule, "message": message}


_THRESHOLD: Final = _object(
    {
        "metric": {**_NAME, "pattern": "^[a-z][a-z0-9_]*$"},
        "atLeast": {"type": "number"},
        "atMost": {"type": "number"},
        "tolerance": _number(0, 1e9, 0),
    },
    "metric",
    **{"x-kubernetes-validations": [_rule("has(self.atLeast) != has(self.atMost)", "give one of atLeast and atMost")]},
)
_SERVER: Final = _object(
    {
        "format": {"type": "string", "enum": ["sklearn", "xgboost", "lightgbm", "mlflow", "llm"]},
        "replicas": _whole(1, 100, 2),
        "account": {**_NAME, "default": "model-server"},
        "cpu": {"type": "string", "default": "500m", "maxLength": 16},
        "memory": {"type": "string", "default": "1Gi", "maxLength": 16},
    },
    "format",
)
_CANARY: Final = _object(
    {
        "steps": {
            **_list(_whole(1, 99), 10, least=1),
            "default": [5, 25, 50],
            "x-kubernetes-validations": [
                _rule("self.all(a, self.exists_one(b, b == a)) && self.map(i, i) == self.sort()", "must grow")
            ],
        },
        "stepSeconds": _whole(5, 604800, 600),
        "readySeconds": _whole(10, 86400, 1800),
    },
    default={},
)
_OBJECTIVES: Final = _object(
    {
        "errorRatio": _number(0, 1, 0.01),
        "latencySeconds": _number(0.001, 3600),
        "windowSeconds": _whole(10, 86400, 300),
        "requests": _whole(1, 1_000_000, 100),
    },
    "latencySeconds",
)
_SPEC: Final = _object(
    {
        "model": _NAME,
        "version": {"type": "string", "minLength": 1, "maxLength": 64},
        "author": _TEXT,
        "owner": _TEXT,
        "systemId": {**_NAME, "maxLength": 63},
        "riskClass": {"type": "string", "enum": ["minimal", "limited", "high"]},
        "intendedUse": _TEXT,
        "storageUri": _REPORT,
        "digest": _DIGEST,
        "server": _SERVER,
        "smokeRequest": {"type": "string", "minLength": 2, "maxLength": 65536},
        "reports": _object(dict.fromkeys(("evaluation", "fairness", "explainability"), _REPORT), default={}),
        "thresholds": {**_list(_THRESHOLD, 20, "metric"), "default": []},
        "canary": _CANARY,
        "objectives": _OBJECTIVES,
    },
    *("model", "version", "author", "owner", "systemId", "riskClass", "intendedUse", "storageUri", "digest"),
    *("server", "objectives"),
    **{
        "x-kubernetes-validations": [
            _rule("self == oldSelf", "a release never changes: make another one"),
            _rule(
                "self.storageUri.endsWith('/sha256-' + self.digest.substring(7))",
                "storageUri must end in /sha256-<the digest's hex>: a folder that is named by its content",
            ),
            _rule(
                "self.thresholds.size() == 0 || has(self.reports.evaluation)",
                "thresholds need reports.evaluation, in which their metrics are",
            ),
        ]
    },
)
_GATE: Final = _object(
    {
        "name": _NAME,
        "verdict": {"type": "string", "enum": ["Pending", "Passed", "Failed"]},
        **{each: {"type": "string"} for each in ("input", "evidence", "by", "message")},
        "at": _TIME,
        "figures": {"type": "object", "additionalProperties": {"type": "number"}},
    },
    "name",
    "verdict",
)
_TARGET: Final = _object({"release": {"type": "string"}, "digest": {"type": "string"}}, "release", "digest")
_CONDITION: Final = _object(
    {
        **{each: {"type": "string"} for each in ("type", "status", "reason", "message")},
        "lastTransitionTime": _TIME,
    },
    *("type", "status", "reason", "message", "lastTransitionTime"),
)
_STATUS: Final = _object(
    {
        "phase": {"type": "string"},
        "message": {"type": "string"},
        "traffic": _whole(0, 100),
        "lastGate": {"type": "string"},
        "since": _TIME,
        "begun": _TIME,
        "previous": _TARGET,
        "rollback": _object(
            {**{each: {"type": "string"} for each in ("reason", "message", "by")}, "at": _TIME, "to": _TARGET}
        ),
        "gates": _list(_GATE, 10, "name"),
        "conditions": _list(_CONDITION, 10, "type"),
    }
)
RELEASE: Final = _object({"spec": _SPEC, "status": _STATUS}, "spec")
"""A ModelRelease; its name is its servers', so that it may not be longer than a Service's with what KServe adds."""

_APPROVAL_SPEC: Final = _object(
    {
        "release": {**_NAME, "maxLength": 40},
        "digest": _DIGEST,
        "author": _TEXT,
        "approver": _TEXT,
        "ticket": _TEXT,
        "expires": _TIME,
    },
    *("release", "digest", "author", "approver", "ticket", "expires"),
    **{
        "x-kubernetes-validations": [
            _rule("self == oldSelf", "an approval never changes: give another one"),
            _rule("self.approver != self.author", "the author cannot approve"),
        ]
    },
)
APPROVAL: Final = _object({"spec": _APPROVAL_SPEC}, "spec")
