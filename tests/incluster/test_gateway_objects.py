"""What the gateway's component writes is what upstream's definitions allow, and the definitions that it installs let
through what they should: on a real API server, which runs no gateway."""

from __future__ import annotations

import re
from functools import partial
from typing import Any

import pytest
import yaml

from components.kubernetes.manifests import select
from rehearsal.kube import Kube, KubeError
from rehearsal.progress import Silent
from rehearsal.toolchain import Toolchain
from tests.components.test_model_gateway import TOKENS, gateway
from tests.world.watching import until

pytestmark = pytest.mark.serving

DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
KINDS = ("GatewayClass", "Gateway", "HTTPRoute", "SecurityPolicy", "BackendTrafficPolicy")
NAMES = ("gatewayclasses", "gateways", "httproutes", "securitypolicies", "backendtrafficpolicies")


@pytest.fixture(scope="module")
def definitions() -> list[dict[str, Any]]:
    """Upstream's definitions of the kinds that are used, with their schemas."""
    tools = Toolchain.default().ensure(["envoy-gateway"], Silent())
    templates = tools.asset("envoy-gateway/charts/gateway-crds-helm/templates")
    files = [templates / "standard-gatewayapi-crds.yaml", *(templates / "generated").glob("*.yaml")]
    # The only instructions to Helm are lines of their own: whether to render the file at all.
    rendered = "\n---\n".join(re.sub(r"^{{.*}}$", "", each.read_text(), flags=re.MULTILINE) for each in files)
    # 1.8.0 bounds numbers of 32 bits by one that has 33, so that the API server refuses every limit (issue 9186 there).
    rendered = re.sub(r"format: int32(\s+maximum: 4294967295\b)", r"format: int64\1", rendered)
    chosen = select(rendered, "definitions", keep=False, omit_webhooks=False)
    loaded = [each for each in yaml.load_all(chosen, getattr(yaml, "CSafeLoader", yaml.SafeLoader)) if each]
    return [each for each in loaded if each["spec"]["names"]["plural"] in NAMES]


@pytest.fixture(scope="module")
def server(cluster: Kube, definitions: list[dict[str, Any]]) -> Kube:
    """A real API server that serves them."""
    for each in definitions:
        cluster.apply({key: each[key] for key in ("apiVersion", "kind", "metadata", "spec")})
    for name in ("model-gateway", "team-language"):
        cluster.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    for each in definitions:
        name = each["metadata"]["name"]
        until(partial(is_established, cluster, name), f"{name} served")
    return cluster


def is_established(cluster: Kube, name: str) -> bool:
    conditions = cluster.get(f"{DEFINITIONS}/{name}").get("status", {}).get("conditions") or []
    return any(each["type"] == "Established" and each["status"] == "True" for each in conditions)


def whole(value: Any) -> Any:
    """As the engine's provider sends it: every number of a registration is a fraction."""
    if isinstance(value, dict):
        return {key: whole(each) for key, each in value.items()}
    if isinstance(value, list):
        return [whole(each) for each in value]
    return int(value) if isinstance(value, float) else value


def holds(made: Any, written: Any) -> bool:
    """Whether all that was written is there, beside what was filled in."""
    if isinstance(written, dict):
        return all(key in made and holds(made[key], each) for key, each in written.items())
    if isinstance(written, list):
        return all(holds(one, other) for one, other in zip(made, written, strict=True))
    return bool(made == written)


@pytest.mark.parametrize("chosen", [{}, {"authentication": TOKENS}], ids=["keys", "tokens"])
def test_the_api_server_takes_what_is_written(server: Kube, chosen: dict[str, Any]) -> None:
    recording = gateway(**chosen)
    written = [whole(each.inputs) for kind in KINDS for each in recording.of_kind(kind).values()]
    assert {each["kind"] for each in written} == set(KINDS)
    for each in written:
        collection = server.path_of(each).rpartition("/")[0]
        made = server.create(collection, each, dry_run=True)
        # What a schema does not know is dropped without a word.
        assert holds(made["spec"], each["spec"]), (made["spec"], each["spec"])


def test_a_policy_that_upstream_does_not_know_is_refused_by_its_schema(server: Kube) -> None:
    (policy, *_) = gateway().of_kind("SecurityPolicy").values()
    right = whole(policy.inputs)
    wrong = {**right, "spec": {**right["spec"], "apiKeyAuth": {"credentialRefs": []}}}
    with pytest.raises(KubeError, match="extractFrom"):
        server.create(server.path_of(wrong).rpartition("/")[0], wrong, dry_run=True)
