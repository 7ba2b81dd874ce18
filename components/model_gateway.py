"""The way to models from outside their team's namespace: Envoy Gateway, which speaks Gateway API."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pulumi

from components.kubernetes import chart
from components.kubernetes.namespace import PlatformNamespace, in_namespace
from components.kubernetes.objects import KubernetesObject
from components.kubernetes.password import password
from components.serving import gateway_objects, gateway_pods
from components.serving.gateway_certificates import AUTHORITY, of_control_plane, of_gateway
from components.serving.gateway_objects import GATEWAY, KEYS
from components.specs.model_gateway import ApiKeys, OwnAuthority

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pulumi_kubernetes.helm.v4 import Chart

    from components.capacity import Team
    from components.kubernetes.cluster import Cluster
    from components.specs.gpu_serving_pool import ServedModel
    from components.specs.model_gateway import ModelGatewaySpec

NAMESPACE: Final = gateway_objects.NAMESPACE
PROXY_PORT: Final = gateway_pods.PROXY_PORT
"""Where proxies take requests, for the network policies of those who call them."""
_ROUTES: Final = ("httproutes", "grpcroutes", "tlsroutes", "listenersets", "referencegrants", "backendtlspolicies")
_ROUTING: Final = tuple(f"{kind}.gateway.networking.k8s.io" for kind in ("gatewayclasses", "gateways", *_ROUTES))
"""Gateway API's standard channel. The controller starts with all of it or not at all, used or not."""
_POLICIES: Final = tuple(f"{kind}.gateway.envoyproxy.io" for kind in ("backendtrafficpolicies", "securitypolicies"))
_ENVOY_API: Final = "gateway.envoyproxy.io/v1alpha1"
_EVERY_POD: Final[dict[str, Any]] = {"namespaceSelector": {}}


@dataclass(frozen=True)
class ModelGatewayArgs:
    """Inputs of a ModelGateway."""

    spec: ModelGatewaySpec
    """What the stack file says about it."""
    cluster: Cluster
    """Where it runs. It must answer cert-manager's Certificate."""
    teams: Sequence[Team]
    """The teams whose models may be reached."""
    namespaces: Mapping[str, pulumi.Input[str]]
    """The namespace of each team, by the team's name."""
    models: Sequence[ServedModel]
    """The models of the stack file, each of which gets a route."""


class ModelGateway(pulumi.ComponentResource):
    """A model answers callers that its team knows, by TLS, under a name that no other team can take. What is no team's
    is not routed, and nothing is let through unknown."""

    address: pulumi.Output[str]
    """The gateway's own name inside the cluster, to which the models' names must lead."""
    models: pulumi.Output[dict[str, str]]
    """Address of each model of the stack file, by `team/model`."""
    keys: pulumi.Output[dict[str, str]]
    """The Secret with the keys to a team's models, as `namespace/name`, by the team's name."""
    authority: pulumi.Output[str] | None
    """The Secret with the certificate to believe, as `namespace/name`; None where an issuer is named."""

    def __init__(self, name: str, args: ModelGatewayArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("mlplatform:index:ModelGateway", name, None, opts)
        self._name, self._args = name, args
        self._namespace = PlatformNamespace(NAMESPACE, self, args.cluster, prefix=name)
        self._network()
        self._gateway = self._routed(self._controller())
        for team in args.teams:
            self._policies(team)
        self.keys = pulumi.Output.all(**self._keys())
        self.models = pulumi.Output.all(**self._routes())
        host = f"{GATEWAY}.{NAMESPACE}.svc"
        self.address = self._gateway.id.apply(lambda _: host)
        own = isinstance(args.spec.certificate, OwnAuthority)
        self.authority = self._gateway.id.apply(lambda _: f"{NAMESPACE}/{AUTHORITY}") if own else None
        outputs = {"address": self.address, "models": self.models, "keys": self.keys, "authority": self.authority}
        self.register_outputs(outputs)

    def _controller(self) -> Chart:
        spec, cluster = self._args.spec, self._args.cluster
        namespace = self._namespace.resource.urn.apply(lambda _: NAMESPACE)
        # For people who sign in, which nobody does here: without it, the controller logs an error at every change.
        hmac = password(f"{self._name}-oidc-hmac", self)
        self._namespace.add("envoy-oidc-hmac", "v1", "Secret", {"stringData": {"hmac-secret": hmac}})
        definitions = chart.definitions(
            f"{self._name}-definitions",
            "gateway-crds-helm",
            cluster,
            namespace=namespace,
            parent=self,
            values={
                "crds": {"gatewayAPI": {"enabled": True, "channel": "standard"}, "envoyGateway": {"enabled": True}}
            },
            only=(*_ROUTING, *_POLICIES),
            # Large, written here alone, and wrong: by that of 1.8.0, the API server refuses every limit (issue 9186 of
            # envoyproxy/gateway).
            without_schema=_POLICIES,
        )
        return chart.objects(
            f"{self._name}-controller",
            "gateway-helm",
            cluster,
            namespace=namespace,
            parent=self,
            values=gateway_pods.values(spec, list(self._args.namespaces.values())),
            depends_on=[definitions, *of_control_plane(self._namespace)],
        )

    def _routed(self, controller: Chart) -> KubernetesObject:
        """The Gateway. It goes before its class, and both before the controller, which alone can let the class go: so
        neither is left to the end of the namespace."""
        spec, teams = self._args.spec, self._args.teams
        made = self._object("class", gateway_objects.gateway_class(), controller)
        certified = of_gateway(self._namespace, spec, teams)
        return self._object("gateway", gateway_objects.gateway(teams, spec.domain), made, certified)

    def _policies(self, team: Team) -> None:
        spec = self._args.spec
        if isinstance(spec.authentication, ApiKeys):
            known = gateway_objects.by_keys(team, f"keys-{team.name}")
        else:
            known = gateway_objects.by_tokens(team, spec.authentication)
        for kind, body in (("SecurityPolicy", known), ("BackendTrafficPolicy", gateway_objects.traffic(team, spec))):
            self._namespace.add(team.name, _ENVOY_API, kind, {"spec": body}, depends_on=[self._gateway])

    def _keys(self) -> dict[str, pulumi.Output[str]]:
        """A Secret that proxies have the keys from, and for the team a copy: what it writes there opens nothing."""
        if not isinstance(self._args.spec.authentication, ApiKeys):
            return {}
        return {team.name: self._team_keys(team) for team in self._args.teams}

    def _team_keys(self, team: Team) -> pulumi.Output[str]:
        clients = self._args.spec.clients(team.name)
        keys = {client: password(f"{self._name}-key-{team.name}-{client}", self) for client in clients}
        self._namespace.add(f"keys-{team.name}", "v1", "Secret", {"stringData": keys})
        metadata = {"name": KEYS, "namespace": self._args.namespaces[team.name], "labels": team.labels}
        copy = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": keys}
        return self._namespace.elsewhere(f"{team.name}-keys", copy).id

    def _routes(self) -> dict[str, pulumi.Output[str]]:
        teams = {team.name: team for team in self._args.teams}
        return {f"{model.team}/{model.name}": self._route(model, teams[model.team]) for model in self._args.models}

    def _route(self, model: ServedModel, team: Team) -> pulumi.Output[str]:
        domain = self._args.spec.domain
        manifest = gateway_objects.route(model, team, self._args.namespaces[team.name], domain)
        made = self._object(f"{team.name}-{model.name}-route", manifest, self._gateway)
        return made.id.apply(lambda _: f"https://{gateway_objects.host(team, domain, model.name)}")

    def _object(self, name: str, manifest: Mapping[str, Any], *after: pulumi.Resource) -> KubernetesObject:
        opts = pulumi.ResourceOptions(parent=self, provider=self._args.cluster.provider, depends_on=list(after))
        return KubernetesObject(f"{self._name}-{name}", manifest, opts)

    def _network(self) -> None:
        """Every pod may ask the proxies, which ask who it is; nobody but them asks their controller."""
        callers: list[dict[str, Any]] = [_EVERY_POD]
        if balancer := self._args.spec.load_balancer:
            callers += [{"ipBlock": {"cidr": each}} for each in balancer.clients]
        own = {"podSelector": {"matchLabels": {"app.kubernetes.io/name": gateway_pods.PROXY_APP}}}
        self._namespace.allow(gateway_pods.PROXY_APP, [PROXY_PORT], callers)
        self._namespace.allow(gateway_pods.CONTROLLER_APP, [gateway_pods.XDS_PORT], [own])
        for app in (gateway_pods.PROXY_APP, gateway_pods.CONTROLLER_APP):
            self._namespace.allow(app, [gateway_pods.METRICS_PORT], [in_namespace("monitoring")])
