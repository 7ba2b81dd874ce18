"""The gateway: callers are known, teams are kept apart, limits hold, and its pods may do nothing that they need not."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from components._versions import IMAGES
from components.model_gateway import ModelGateway, ModelGatewayArgs
from components.specs.gpu_serving_pool import ServedModel
from components.specs.model_gateway import ModelGatewaySpec
from tests.components.platform import CAPACITY, NAMESPACES, cluster
from tests.components.recorded import Recording, Registration, record
from tests.components.serving import CHAT

pytestmark = pytest.mark.serving

TOKENS = {
    "kind": "jwt",
    "issuer": "https://sso.example.org",
    "audiences": ["models"],
    "keys_url": "https://sso.example.org/keys",
    "team_claim": "teams",
}


def gateway(**chosen: object) -> Recording:
    """What a gateway registers."""

    def program() -> None:
        spec = ModelGatewaySpec.model_validate({"domain": "models.example.org", **chosen})
        models = [ServedModel.model_validate(CHAT)]
        ModelGateway("gateway", ModelGatewayArgs(spec, cluster(), CAPACITY.teams, NAMESPACES, models))

    return record(program)


@pytest.fixture(scope="module")
def recording() -> Recording:
    return gateway(teams={"vision": {"clients": ["line-1", "line-2"], "requests_per_minute": 30}})


def spec(recording: Recording, kind: str, name: str) -> dict[str, Any]:
    found: dict[str, Any] = recording.of_kind(kind)[name].inputs["spec"]
    return found


def clients(secret: Registration) -> set[str]:
    """Whose keys are in a Secret, which the engine is told to keep secret as a whole."""
    return set(secret.inputs["stringData"]["value"])


def test_a_team_has_a_listener_of_its_own_that_takes_routes_of_its_namespace_alone(recording: Recording) -> None:
    listeners = {each["name"]: each for each in spec(recording, "Gateway", "models")["listeners"]}
    assert set(listeners) == {"vision", "language"}
    vision = listeners["vision"]
    assert vision["hostname"] == "*.team-vision.models.example.org"
    assert vision["allowedRoutes"]["namespaces"] == {
        "from": "Selector",
        "selector": {"matchLabels": {"kubernetes.io/metadata.name": "team-vision"}},
    }
    assert vision["protocol"] == "HTTPS"


def test_a_model_of_the_stack_file_is_routed_to_its_servers(recording: Recording) -> None:
    route = recording.of_kind("HTTPRoute")["chat"].inputs
    assert route["metadata"]["namespace"] == "team-language"
    assert route["spec"] == {
        "parentRefs": [{"name": "models", "namespace": "model-gateway"}],
        "hostnames": ["chat.team-language.models.example.org"],
        "rules": [{"backendRefs": [{"name": "chat-predictor", "port": 80}]}],
    }


def test_every_listener_asks_who_is_there(recording: Recording) -> None:
    for team in ("vision", "language"):
        policy = spec(recording, "SecurityPolicy", team)
        assert policy["targetRefs"][0]["sectionName"] == team
        assert policy["apiKeyAuth"]["credentialRefs"] == [{"name": f"keys-{team}"}]
        assert policy["apiKeyAuth"]["sanitize"] is True


def test_keys_are_one_a_client_secret_and_handed_to_their_team_as_a_copy(recording: Recording) -> None:
    secrets = {each.name: each for each in recording.registrations if each.type.endswith(":Secret")}
    own, copy = secrets["gateway-keys-vision-secret"], secrets["gateway-vision-keys"]
    assert clients(own) == clients(copy) == {"line-1", "line-2"}
    assert own.inputs["metadata"]["namespace"] == "model-gateway"
    assert copy.inputs["metadata"]["namespace"] == "team-vision"
    assert {"data", "stringData"} <= set(own.secret_outputs) & set(copy.secret_outputs)
    assert clients(secrets["gateway-keys-language-secret"]) == {"language"}


def test_a_team_has_its_own_limit_or_the_gateways(recording: Recording) -> None:
    limits = {
        team: spec(recording, "BackendTrafficPolicy", team)["rateLimit"]["local"]["rules"][0]["limit"]
        for team in ("vision", "language")
    }
    assert limits == {
        "vision": {"requests": 30, "unit": "Minute"},
        "language": {"requests": 6000, "unit": "Minute"},
    }


def test_callers_with_tokens_pass_where_their_team_stands_in_them_and_no_keys_are_made() -> None:
    recording = gateway(authentication=TOKENS)
    policy = spec(recording, "SecurityPolicy", "vision")
    (provider,) = policy["jwt"]["providers"]
    assert (provider["issuer"], provider["audiences"]) == ("https://sso.example.org", ["models"])
    assert policy["authorization"]["defaultAction"] == "Deny"
    (rule,) = policy["authorization"]["rules"]
    (claim,) = rule["principal"]["jwt"]["claims"]
    assert claim == {"name": "teams", "valueType": "StringArray", "values": ["vision"]}
    assert not [name for name in recording.of_kind("Secret") if "keys" in name]


def test_the_certificate_covers_every_teams_names_and_comes_from_who_is_named() -> None:
    names = ["*.team-vision.models.example.org", "*.team-language.models.example.org"]
    own = spec(gateway(), "Certificate", "models-tls")
    assert (own["dnsNames"], own["issuerRef"]["name"]) == (names, "models-authority")
    recording = gateway(certificate={"kind": "issuer", "name": "corporate"})
    named = spec(recording, "Certificate", "models-tls")
    assert named["issuerRef"] == {"name": "corporate", "kind": "ClusterIssuer", "group": "cert-manager.io"}
    assert "models-authority" not in recording.of_kind("Issuer")


def test_controller_and_proxies_know_each_other_by_certificates_of_one_authority(recording: Recording) -> None:
    controller, proxies = (spec(recording, "Certificate", name) for name in ("envoy-gateway", "envoy"))
    assert controller["issuerRef"] == proxies["issuerRef"]
    assert "envoy-gateway.model-gateway.svc.cluster.local" in controller["dnsNames"]
    assert "server auth" in controller["usages"]
    assert "client auth" in proxies["usages"]


def test_the_controller_sees_the_teams_namespaces_and_its_own(recording: Recording) -> None:
    provider = recording.named("gateway-controller").inputs["values"]["config"]["envoyGateway"]["provider"]
    assert provider["kubernetes"]["watch"] == {
        "type": "Namespaces",
        "namespaces": ["model-gateway", "team-vision", "team-language"],
    }


def test_images_are_of_the_version_table_and_containers_confined(recording: Recording) -> None:
    values = recording.named("gateway-controller").inputs["values"]
    assert values["global"]["images"]["envoyProxy"]["image"] == IMAGES["envoy"].reference
    assert values["global"]["images"]["envoyGateway"]["image"] == IMAGES["envoy-gateway"].reference
    deployment = values["config"]["envoyGateway"]["envoyProxy"]["provider"]["kubernetes"]["envoyDeployment"]
    (drain,) = [
        each
        for each in deployment["patch"]["value"]["spec"]["template"]["spec"]["containers"]
        if each["name"] == "shutdown-manager"
    ]
    for container in (deployment["container"], drain):
        assert container["securityContext"]["readOnlyRootFilesystem"] is True
        assert container["securityContext"]["runAsNonRoot"] is True
        assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
        assert set(container["resources"]) == {"requests", "limits"}


def test_it_is_reached_from_inside_the_cluster_unless_a_load_balancer_is_asked_for(recording: Recording) -> None:
    def service(recording: Recording) -> dict[str, Any]:
        values = recording.named("gateway-controller").inputs["values"]
        found: dict[str, Any] = values["config"]["envoyGateway"]["envoyProxy"]["provider"]["kubernetes"]["envoyService"]
        return found

    assert service(recording)["type"] == "ClusterIP"
    balanced = service(gateway(load_balancer={"clients": ["10.0.0.0/8"]}))
    assert balanced["type"] == "LoadBalancer"
    assert balanced["annotations"]["service.beta.kubernetes.io/aws-load-balancer-internal"] == "true"
    assert balanced["loadBalancerSourceRanges"] == ["10.0.0.0/8"]


def test_only_its_proxies_reach_its_controller(recording: Recording) -> None:
    rules = spec(recording, "NetworkPolicy", "gateway-helm-18000")
    assert rules["podSelector"]["matchLabels"] == {"app.kubernetes.io/name": "gateway-helm"}
    assert rules["ingress"][0]["from"] == [{"podSelector": {"matchLabels": {"app.kubernetes.io/name": "envoy"}}}]


def test_what_lets_the_gateway_go_outlives_it(recording: Recording) -> None:
    gateway, its_class = recording.of_kind("Gateway")["models"], recording.of_kind("GatewayClass")["mlplatform"]
    assert its_class.name in gateway.dependencies
    assert "gateway-controller" in its_class.dependencies
    # Left to the end of its namespace, it would still be there when its class is to go, which waits for it.
    assert not gateway.deleted_with


@pytest.mark.parametrize(
    ("chosen", "complaint"),
    [
        ({"domain": "models"}, "domain"),
        ({"requests_per_minute": 0}, "requests_per_minute"),
        ({"authentication": TOKENS, "teams": {"vision": {"clients": ["a"]}}}, "callers show tokens"),
        ({"teams": {"vision": {"clients": ["a", "a"]}}}, "name somebody twice"),
        ({"load_balancer": {"clients": []}}, "clients"),
    ],
)
def test_a_gateway_that_cannot_be_is_refused(chosen: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        ModelGatewaySpec.model_validate({"domain": "models.example.org", **chosen})
