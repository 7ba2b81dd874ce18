"""The gateway's objects: its listeners, who may pass them, how often, and the routes to models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from components.kubernetes.namespace import PART_OF

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pulumi

    from components.capacity import Team
    from components.specs.gpu_serving_pool import ServedModel
    from components.specs.model_gateway import ModelGatewaySpec, Tokens

Manifest = dict[str, Any]

GATEWAY: Final = "models"
NAMESPACE: Final = "model-gateway"
"""Where the Gateway, its controller and its proxies are: routes name both."""
CLASS: Final = "mlplatform"
CONTROLLER: Final = "gateway.envoyproxy.io/mlplatform"
CERTIFICATE: Final = "models-tls"
KEYS: Final = "gateway-keys"
"""The Secret that tells a team the keys to its models."""
CLIENT_HEADER: Final = "x-client-id"
"""Tells a model who asks; what a caller writes there itself does not reach it."""
_GATEWAY_API: Final = "gateway.networking.k8s.io"
_PORT: Final = 443
# The second is where clients of OpenAI's API put their key, after `Bearer`.
_KEY_HEADERS: Final = ("x-api-key", "authorization")
_PROVIDER: Final = "identity-provider"
_RETRIES: Final = 2


def gateway_class() -> Manifest:
    """The class by which the controller knows that a Gateway is its own."""
    return {
        "apiVersion": f"{_GATEWAY_API}/v1",
        "kind": "GatewayClass",
        "metadata": {"name": CLASS, "labels": PART_OF},
        "spec": {"controllerName": CONTROLLER},
    }


def host(team: Team, domain: str, model: str = "*") -> str:
    """The name by which a team's model, or any of them, is asked."""
    return f"{model}.{team.namespace}.{domain}"


def gateway(teams: Sequence[Team], domain: str) -> Manifest:
    """The Gateway. A team has a listener of its own, so that no namespace can take over another's names."""
    return {
        "apiVersion": f"{_GATEWAY_API}/v1",
        "kind": "Gateway",
        "metadata": {"name": GATEWAY, "namespace": NAMESPACE, "labels": PART_OF},
        "spec": {"gatewayClassName": CLASS, "listeners": [_listener(team, domain) for team in teams]},
    }


def by_keys(team: Team, secret: str) -> Manifest:
    """A SecurityPolicy's spec: whoever asks a model of the team shows one of the keys of the Secret."""
    return {
        "targetRefs": [_target(team)],
        "apiKeyAuth": {
            "credentialRefs": [{"name": secret}],
            "extractFrom": [{"headers": list(_KEY_HEADERS)}],
            "forwardClientIDHeader": CLIENT_HEADER,
            # The model has no use for it.
            "sanitize": True,
        },
    }


def by_tokens(team: Team, tokens: Tokens) -> Manifest:
    """A SecurityPolicy's spec: whoever asks a model of the team shows a token in which the team stands."""
    claim = {"name": tokens.team_claim, "valueType": "StringArray", "values": [team.name]}
    provider = {
        "name": _PROVIDER,
        "issuer": tokens.issuer,
        "audiences": list(tokens.audiences),
        "remoteJWKS": {"uri": tokens.keys_url},
        "claimToHeaders": [{"claim": "sub", "header": CLIENT_HEADER}],
    }
    allowed = {"action": "Allow", "principal": {"jwt": {"provider": _PROVIDER, "claims": [claim]}}}
    return {
        "targetRefs": [_target(team)],
        "jwt": {"providers": [provider]},
        "authorization": {"defaultAction": "Deny", "rules": [allowed]},
    }


def traffic(team: Team, spec: ModelGatewaySpec) -> Manifest:
    """A BackendTrafficPolicy's spec: how often and how long a model of the team may be asked."""
    return {
        "targetRefs": [_target(team)],
        "rateLimit": {
            "local": {"rules": [{"limit": {"requests": spec.limit(team.name), "unit": "Minute"}}]},
        },
        "timeout": {"http": {"requestTimeout": f"{spec.request_timeout_seconds}s"}},
        # Only what no model has seen is sent again: a replica that has just gone costs nobody an answer.
        "retry": {"numRetries": _RETRIES, "retryOn": {"triggers": ["connect-failure", "refused-stream"]}},
    }


def route(model: ServedModel, team: Team, namespace: pulumi.Input[str], domain: str) -> Manifest:
    """The HTTPRoute of a model of the stack file, to the Service that KServe makes for it."""
    return {
        "apiVersion": f"{_GATEWAY_API}/v1",
        "kind": "HTTPRoute",
        "metadata": {"name": model.name, "namespace": namespace, "labels": team.labels},
        "spec": {
            "parentRefs": [{"name": GATEWAY, "namespace": NAMESPACE}],
            "hostnames": [host(team, domain, model.name)],
            "rules": [{"backendRefs": [{"name": f"{model.name}-predictor", "port": 80}]}],
        },
    }


def _target(team: Team) -> Manifest:
    return {"group": _GATEWAY_API, "kind": "Gateway", "name": GATEWAY, "sectionName": team.name}


def _listener(team: Team, domain: str) -> Manifest:
    namespace = {"matchLabels": {"kubernetes.io/metadata.name": team.namespace}}
    return {
        "name": team.name,
        "protocol": "HTTPS",
        "port": _PORT,
        "hostname": host(team, domain),
        "tls": {"mode": "Terminate", "certificateRefs": [{"kind": "Secret", "name": CERTIFICATE}]},
        "allowedRoutes": {
            "kinds": [{"group": _GATEWAY_API, "kind": "HTTPRoute"}],
            "namespaces": {"from": "Selector", "selector": namespace},
        },
    }
