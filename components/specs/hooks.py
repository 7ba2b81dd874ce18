"""Where else metrics, logs and traces go: tools that people have already. What a tool asks for as proof lies in a
Secret of the `monitoring` namespace, of which the stack file holds the name and the key."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from components._spec import Name, Spec
from components.specs.receivers import SecretName

HttpsAddress = Annotated[str, StringConstraints(pattern=r"^https://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/\S*)?$")]
"""An address to which keys may be sent."""
_Header = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]+$")]


class SecretKey(Spec):
    """One file of a Secret."""

    secret: SecretName
    """The Secret in the `monitoring` namespace."""
    key: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{1,253}$")]
    """Which of its keys."""


class DatadogHook(Spec):
    """Datadog."""

    site: Annotated[str, StringConstraints(pattern=r"^([a-z0-9-]+\.)*(datadoghq\.(com|eu)|ddog-gov\.com)$")]
    """Where the account is, such as `datadoghq.eu`."""
    api_key: SecretKey
    """The API key."""


class NewRelicHook(Spec):
    """New Relic."""

    region: Literal["us", "eu"] = "us"
    """Where the account is."""
    license_key: SecretKey
    """The licence key."""


class OtlpHook(Spec):
    """Whatever takes OpenTelemetry by HTTP (OTLP)."""

    name: Name
    """What it is called."""
    endpoint: HttpsAddress
    """Its address, to which `/v1/metrics`, `/v1/logs` and `/v1/traces` are added."""
    headers: dict[_Header, SecretKey] = Field(default={})
    """Headers that prove who sends, such as `Authorization`, each with where its value lies."""


class RemoteWriteHook(Spec):
    """Whatever takes samples as Prometheus hands them on."""

    name: Name
    """What it is called."""
    url: HttpsAddress
    """Its address, with the path."""
    bearer: SecretKey | None = None
    """The token that it asks for."""
    username: str | None = None
    """The user that it asks for, with `password`."""
    password: SecretKey | None = None
    """The password of the user."""
    headers: dict[_Header, str] = Field(default={})
    """Headers that are no secret, such as `X-Scope-OrgID`."""

    @model_validator(mode="after")
    def _proves_in_one_way(self) -> Self:
        if (self.username is None) != (self.password is None):
            raise ValueError("username and password go together; give both or neither")
        if self.bearer is not None and self.password is not None:
            raise ValueError("bearer and password are two ways to prove who sends; give one of them")
        if lower := {"authorization", "proxy-authorization"}.intersection(each.lower() for each in self.headers):
            raise ValueError(f"headers: {min(lower)} is a secret; use bearer, or username and password")
        return self


class Hooks(Spec):
    """Tools that are told besides; each absent one is not."""

    datadog: DatadogHook | None = None
    """Metrics, logs and traces to Datadog."""
    new_relic: NewRelicHook | None = None
    """Metrics, logs and traces to New Relic."""
    otlp: tuple[OtlpHook, ...] = ()
    """Metrics, logs and traces to anything that speaks OTLP."""
    remote_write: tuple[RemoteWriteHook, ...] = ()
    """Every sample of Prometheus to anything that takes remote writes."""

    @property
    def collects(self) -> bool:
        """Whether any of them needs the collector."""
        return bool(self.datadog or self.new_relic or self.otlp)

    @model_validator(mode="after")
    def _told_apart(self) -> Self:
        for kind, hooks in (("otlp", self.otlp), ("remote_write", self.remote_write)):
            names = [each.name for each in hooks]
            if len(set(names)) < len(names):
                raise ValueError(f"{kind}: two have the same name; rename one of them")
        return self
