"""Who hears of alerts, and of which. What a receiver needs to be secret lies in a Secret of the `monitoring` namespace,
which the stack file names."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Discriminator, Field, StringConstraints

from components._spec import Name, Spec

SecretName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$")]
"""The name of a Kubernetes Secret."""
MailAddress = Annotated[str, StringConstraints(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")]


class _Receiver(Spec):
    """Somebody who hears of alerts."""

    name: Name
    """What the receiver is called."""
    severities: tuple[Literal["critical", "warning"], ...] = Field(default=("critical", "warning"), min_length=1)
    """Of how bad alerts it hears."""
    teams: tuple[Name, ...] = ()
    """Whose alerts it hears of: teams of the stack file, and `platform` for those that no team can do anything about;
    absent: of all."""
    secret: SecretName
    """The Secret in the `monitoring` namespace; which of its keys is read depends on the kind."""


class SlackReceiver(_Receiver):
    """A channel of Slack, or of what takes messages as Slack does."""

    kind: Literal["slack"]
    """Where alerts go."""
    channel: Annotated[str, StringConstraints(pattern=r"^[#@]\S+$")]
    """The channel. The Secret's key `url` holds the address of the incoming webhook."""


class PagerDutyReceiver(_Receiver):
    """A service of PagerDuty."""

    kind: Literal["pagerduty"]
    """Where alerts go. The Secret's key `routing_key` holds the key of the integration (Events API v2)."""


class OpsgenieReceiver(_Receiver):
    """Opsgenie, or what takes alerts as it does."""

    kind: Literal["opsgenie"]
    """Where alerts go. The Secret's key `api_key` holds the key of the integration."""
    region: Literal["us", "eu"] = "us"
    """Where the account is."""


class EmailReceiver(_Receiver):
    """A mailbox."""

    kind: Literal["email"]
    """Where alerts go. The Secret's key `password` holds the password of the mail server's user."""
    to: MailAddress
    """Who gets the mail."""
    sender: MailAddress
    """Whom it is from; also the user that the mail server asks for."""
    server: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9.-]+:[0-9]{1,5}$")]
    """The mail server as `host:port`. It must offer encryption."""


class WebhookReceiver(_Receiver):
    """An address that alerts are posted to, as Alertmanager writes them."""

    kind: Literal["webhook"]
    """Where alerts go. The Secret's key `url` holds the address."""


Receiver = Annotated[
    SlackReceiver | PagerDutyReceiver | OpsgenieReceiver | EmailReceiver | WebhookReceiver, Discriminator("kind")
]
