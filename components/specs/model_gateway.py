"""What a stack file says about the gateway in front of the models."""

from __future__ import annotations

from typing import Annotated, Final, Literal, Self

from pydantic import Field, StringConstraints, Tag, model_validator

from components._spec import Name, Spec, by_kind
from components.specs.hooks import HttpsAddress
from components.specs.size import Size

Domain = Annotated[
    str, StringConstraints(pattern=r"^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$")
]
"""A DNS name of two labels or more, in lower case."""
_Cidr = Annotated[str, StringConstraints(pattern=r"^([0-9]{1,3}\.){3}[0-9]{1,3}/([0-9]|[12][0-9]|3[0-2])$")]
_Claim = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.:/-]{1,253}$")]

MOST_TEAMS: Final = 64
"""Listeners of one Gateway, of which each team has one: Gateway API's limit."""


class GatewaySizes(Spec):
    """Sizes of the gateway's containers."""

    controller: Size = Size(cpu_millicores=100, cpu_limit_millicores=1000, memory_mib=512)
    """Tells the proxies what routes, keys and limits there are. Requests pass without it."""
    proxy: Size = Size(cpu_millicores=500, cpu_limit_millicores=4000, memory_mib=1024)
    """One proxy, through which requests pass."""
    drain: Size = Size(cpu_millicores=10, cpu_limit_millicores=200, memory_mib=64)
    """Beside each proxy: lets its requests end before it stops."""


class ApiKeys(Spec):
    """Callers show a key, made by the platform, which their team finds in Secret `gateway-keys` of its namespace."""

    kind: Literal["api_keys"] = "api_keys"
    """Keys."""


class Tokens(Spec):
    """Callers show a token of an identity provider (OpenID Connect), in which their team stands."""

    kind: Literal["jwt"]
    """Tokens."""
    issuer: HttpsAddress
    """Who must have issued a token: its claim `iss`."""
    audiences: Annotated[tuple[Annotated[str, StringConstraints(min_length=1)], ...], Field(min_length=1)]
    """For whom a token must be: one of them must stand in its claim `aud`."""
    keys_url: HttpsAddress
    """Where the issuer publishes its keys (`jwks_uri`); the proxies must reach it."""
    team_claim: _Claim = "groups"
    """The claim that lists the teams whose models the caller may use."""


class OwnAuthority(Spec):
    """A certificate by an authority of the gateway's own, which callers are told to believe: key `ca.crt` of Secret
    `models-authority`."""

    kind: Literal["own_authority"] = "own_authority"
    """An authority of its own."""


class Issuer(Spec):
    """A certificate by one of cert-manager's issuers."""

    kind: Literal["issuer"]
    """An issuer."""
    name: Annotated[str, StringConstraints(pattern=r"^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$")]
    """The issuer."""
    cluster_wide: bool = True
    """Whether it is a ClusterIssuer; else it is an Issuer of namespace `model-gateway`."""


class InternalLoadBalancer(Spec):
    """An internal network load balancer of AWS in front of the proxies."""

    clients: Annotated[tuple[_Cidr, ...], Field(min_length=1)]
    """Address ranges from which it takes requests."""


class TeamTraffic(Spec):
    """What is different for requests to one team's models."""

    clients: tuple[Name, ...] = ()
    """Who has a key of their own; none: one key for all callers, in the team's name."""
    requests_per_minute: Annotated[int, Field(ge=1)] | None = None
    """The team's own limit."""


Authentication = Annotated[Annotated[ApiKeys, Tag("api_keys")] | Annotated[Tokens, Tag("jwt")], by_kind("api_keys")]
Certificate = Annotated[
    Annotated[OwnAuthority, Tag("own_authority")] | Annotated[Issuer, Tag("issuer")], by_kind("own_authority")
]


class ModelGatewaySpec(Spec):
    """A gateway through which models are reached from outside their team's namespace, by TLS and by callers that it
    knows. It is reached from inside the cluster, unless there is a load balancer."""

    domain: Domain
    """A model answers as `<model>.<namespace of its team>.<domain>`."""
    authentication: Authentication = ApiKeys()
    """How callers show who they are. Nobody is let through unknown."""
    certificate: Certificate = OwnAuthority()
    """Who vouches for the gateway."""
    load_balancer: InternalLoadBalancer | None = None
    """How it is reached from outside the cluster; absent: not at all."""
    requests_per_minute: int = Field(default=6000, ge=1)
    """Requests that each model gets from each proxy in a minute; callers beyond are told to come back (429)."""
    request_timeout_seconds: int = Field(default=300, ge=1, le=3600)
    """How long a model may take to answer in full."""
    teams: dict[Name, TeamTraffic] = Field(default={})
    """What is different for a team."""
    replicas: int = Field(default=2, ge=1, le=100)
    """Proxies."""
    sizes: GatewaySizes = GatewaySizes()
    """Sizes of its containers."""

    @model_validator(mode="after")
    def _keys_have_clients(self) -> Self:
        for name, team in self.teams.items():
            if team.clients and self.authentication.kind != "api_keys":
                raise ValueError(
                    f"teams.{name}.clients name who has a key, and callers show tokens; leave the clients out"
                )
            if len(set(team.clients)) < len(team.clients):
                raise ValueError(f"teams.{name}.clients name somebody twice; name everybody once")
        return self

    def limit(self, team: str) -> int:
        """Requests that each model of the team gets from each proxy in a minute."""
        found = self.teams.get(team)
        return (found and found.requests_per_minute) or self.requests_per_minute

    def clients(self, team: str) -> tuple[str, ...]:
        """Who has a key to the team's models."""
        found = self.teams.get(team)
        return (found and found.clients) or (team,)
