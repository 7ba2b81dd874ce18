"""Receivers of alerts as Alertmanager's configuration has them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, assert_never

from components.specs.receivers import (
    EmailReceiver,
    OpsgenieReceiver,
    PagerDutyReceiver,
    Receiver,
    SlackReceiver,
    WebhookReceiver,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

DIRECTORY: Final = "/receivers"
_OPSGENIE: Final[Mapping[str, str]] = {"us": "https://api.opsgenie.com/", "eu": "https://api.eu.opsgenie.com/"}
_TITLE: Final = "{{ .CommonLabels.severity }}: {{ .CommonLabels.alertname }} ({{ .CommonLabels.team }})"
_TEXT: Final = "{{ range .Alerts }}{{ .Annotations.summary }}\n{{ end }}{{ .CommonAnnotations.runbook }}"


def volume(receiver: Receiver) -> str:
    """What the volume with the receiver's Secret is called."""
    return f"receiver-{receiver.name}"


def directory(receiver: Receiver) -> str:
    """Where the receiver's Secret is mounted."""
    return f"{DIRECTORY}/{receiver.name}"


def route(receiver: Receiver) -> dict[str, Any]:
    """What the receiver hears of; others may hear of it too."""
    teams = [f'team=~"{"|".join(receiver.teams)}"'] if receiver.teams else []
    return {
        "receiver": receiver.name,
        "matchers": [f'severity=~"{"|".join(receiver.severities)}"', *teams],
        "continue": True,
    }


def receiver(receiver: Receiver) -> dict[str, Any]:
    """How it is told. Secrets are read from files, and again at every message."""
    kept = directory(receiver)
    told = {"send_resolved": True}
    match receiver:
        case SlackReceiver():
            slack = {"api_url_file": f"{kept}/url", "channel": receiver.channel, "title": _TITLE, "text": _TEXT}
            return {"name": receiver.name, "slack_configs": [{**slack, **told}]}
        case PagerDutyReceiver():
            pager = {"routing_key_file": f"{kept}/routing_key", "description": f"{_TITLE} {_TEXT}"}
            return {"name": receiver.name, "pagerduty_configs": [{**pager, **told}]}
        case OpsgenieReceiver():
            address = {"api_key_file": f"{kept}/api_key", "api_url": _OPSGENIE[receiver.region]}
            return {"name": receiver.name, "opsgenie_configs": [{**address, "message": _TITLE, **told}]}
        case EmailReceiver():
            return {"name": receiver.name, "email_configs": [{**_mail(receiver), **told}]}
        case WebhookReceiver():
            return {"name": receiver.name, "webhook_configs": [{"url_file": f"{kept}/url", **told}]}
        case _:
            assert_never(receiver)


def _mail(receiver: EmailReceiver) -> dict[str, Any]:
    return {
        "to": receiver.to,
        "from": receiver.sender,
        "smarthost": receiver.server,
        "auth_username": receiver.sender,
        "auth_password_file": f"{directory(receiver)}/password",
        "require_tls": True,
        "headers": {"Subject": _TITLE},
    }
