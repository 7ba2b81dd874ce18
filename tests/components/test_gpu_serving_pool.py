"""Serving: models come up spread, hardened and on record, behind nothing but their own Service."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from pydantic import ValidationError

from components._versions import IMAGES
from components.specs.gpu_serving_pool import GpuServingPoolSpec, ServedModel
from tests.components.serving import CHAT, COMMIT, DIGEST, SCRATCHES, predictor, serving

if TYPE_CHECKING:
    from tests.components.recorded import Recording

pytestmark = pytest.mark.serving


@pytest.fixture(scope="module")
def recording() -> Recording:
    return serving(CHAT, SCRATCHES)[0]


def test_endpoints_are_known_by_team_and_model() -> None:
    assert serving(CHAT, SCRATCHES)[1] == {
        "language/chat": "http://chat-predictor.team-language.svc",
        "vision/scratches": "http://scratches-predictor.team-vision.svc",
    }


def test_a_served_model_says_whose_it_is_what_it_is_for_and_which_bytes_it_is(recording: Recording) -> None:
    metadata = recording.of_kind("InferenceService")["chat"].inputs["metadata"]
    assert metadata["labels"] == {
        "mlplatform.dev/team": "language",
        "mlplatform.dev/owner": "bob",
        "mlplatform.dev/cost-centre": "cc-2",
        "mlplatform.dev/system-id": "assistant",
        "mlplatform.dev/risk-class": "limited",
    }
    assert metadata["annotations"]["mlplatform.dev/intended-use"] == "answers questions about our products"
    assert metadata["annotations"]["mlplatform.dev/model-digest"] == f"git:{COMMIT}"


def test_a_gpu_model_lands_on_its_pool_and_uses_all_gpus_of_a_replica(recording: Recording) -> None:
    chat = predictor(recording, "chat")
    assert chat["nodeSelector"] == {"mlplatform.dev/pool": "l4"}
    assert chat["tolerations"][0]["key"] == "nvidia.com/gpu"
    assert chat["model"]["runtime"] == "vllm"
    assert chat["model"]["args"] == ["--tensor-parallel-size=2"]
    assert {each["nvidia.com/gpu"] for each in chat["model"]["resources"].values()} == {"2"}


def test_a_classic_model_stays_off_gpu_nodes(recording: Recording) -> None:
    scratches = predictor(recording, "scratches")
    assert "nodeSelector" not in scratches
    assert "tolerations" not in scratches
    assert scratches["model"]["runtime"] == "mlserver"
    assert "nvidia.com/gpu" not in scratches["model"]["resources"]["limits"]


def test_an_oci_model_is_mounted_rather_than_run_beside_its_server(recording: Recording) -> None:
    uri = predictor(recording, "scratches")["model"]["storageUri"]
    assert uri == f"oci+native://registry.example.org/models/scratches@sha256:{DIGEST}"


def test_nodes_of_a_pool_hold_its_models_before_a_replica_asks_where_that_is_wanted() -> None:
    image = {**CHAT, "uri": f"oci://registry.example.org/models/chat@sha256:{DIGEST}"}
    recording = serving(image, SCRATCHES, {**CHAT, "name": "other"}, model_cache="nodes")[0]
    (cache,) = recording.of_kind("DaemonSet").values()
    pod = cache.inputs["spec"]["template"]["spec"]
    assert pod["nodeSelector"] == {"mlplatform.dev/pool": "l4"}
    assert pod["volumes"][0]["image"]["reference"] == f"registry.example.org/models/chat@sha256:{DIGEST}"
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert "nvidia.com/gpu" not in pod["containers"][0]["resources"]["limits"]
    assert not serving(image)[0].of_kind("DaemonSet")


def test_replicas_are_spread_and_leave_one_at_a_time(recording: Recording) -> None:
    domains = {each["topologyKey"] for each in predictor(recording, "chat")["topologySpreadConstraints"]}
    assert domains == {"kubernetes.io/hostname", "topology.kubernetes.io/zone"}
    budgets = recording.of_kind("PodDisruptionBudget")
    assert set(budgets) == {"chat"}
    assert budgets["chat"].inputs["spec"]["maxUnavailable"] == 1


@pytest.mark.parametrize("model", ["chat", "scratches"])
def test_a_serving_pod_meets_the_restricted_standard(recording: Recording, model: str) -> None:
    pod = predictor(recording, model)
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert pod["automountServiceAccountToken"] is False


@pytest.mark.parametrize("runtime", ["vllm", "mlserver"])
def test_a_model_server_is_hardened_probed_and_of_the_version_table(recording: Recording, runtime: str) -> None:
    (container,) = recording.of_kind("ClusterServingRuntime")[runtime].inputs["spec"]["containers"]
    assert container["image"] == IMAGES[runtime].reference
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert {"startupProbe", "readinessProbe", "livenessProbe"} <= set(container)
    assert "NVIDIA_VISIBLE_DEVICES" not in {each["name"] for each in container["env"]}


def test_runtimes_follow_the_controller_and_models_follow_their_runtimes(recording: Recording) -> None:
    assert "serving-kserve-definitions" in recording.named("serving-kserve").dependencies
    for runtime in ("serving-vllm", "serving-mlserver"):
        assert "serving-kserve" in recording.named(runtime).dependencies
    service = recording.of_kind("InferenceService")["chat"]
    assert {"serving-vllm", "serving-mlserver"} <= service.dependencies
    assert service.error_hooks == ("serving-webhooks",)


def test_kserve_makes_no_routes_and_its_images_are_of_the_version_table(recording: Recording) -> None:
    values = recording.named("serving-kserve").inputs["values"]["kserve"]
    assert values["controller"]["deploymentMode"] == "Standard"
    assert values["controller"]["gateway"]["disableIngressCreation"] is True
    assert values["controller"]["rbacProxyImage"] == IMAGES["kube-rbac-proxy"].reference
    for part, image in {"controller": "kserve-controller", "storage": "kserve-storage-initializer"}.items():
        assert f"{values[part]['image']}:{values[part]['tag']}" == IMAGES[image].reference


@pytest.mark.parametrize(
    ("uri", "digest"),
    [
        (f"oci://registry.example.org/m@sha256:{DIGEST}", f"sha256:{DIGEST}"),
        (f"hf://Qwen/Qwen2.5-0.5B-Instruct:{COMMIT}", f"git:{COMMIT}"),
        (f"s3://artifacts/models/m/sha256-{DIGEST}/", f"sha256:{DIGEST}"),
        (f"artifact://teams/vision/m/sha256-{DIGEST}", f"sha256:{DIGEST}"),
    ],
)
def test_the_digest_of_a_model_is_the_one_in_its_reference(uri: str, digest: str) -> None:
    assert ServedModel.model_validate({**SCRATCHES, "uri": uri}).digest == digest


@pytest.mark.parametrize(
    "uri",
    [
        "oci://registry.example.org/m:v1",
        "hf://Qwen/Qwen2.5-0.5B-Instruct",
        "hf://Qwen/Qwen2.5-0.5B-Instruct:main",
        "s3://artifacts/models/m/latest/",
        "pvc://models/m",
    ],
)
def test_a_reference_that_can_come_to_mean_other_bytes_is_refused(uri: str) -> None:
    with pytest.raises(ValidationError):
        ServedModel.model_validate({**SCRATCHES, "uri": uri})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"pool": None}, "pool and gpus contradict"),
        ({"gpus": 0}, "pool and gpus contradict"),
        ({"pool": None, "gpus": 0}, "a language model needs a GPU"),
        ({"uri": f"artifact://teams/vision/chat/sha256-{DIGEST}"}, "uri is out of the team's reach"),
    ],
)
def test_a_model_whose_settings_contradict_is_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        ServedModel.model_validate({**CHAT, **change})


def test_two_models_of_one_name_in_one_team_are_refused() -> None:
    with pytest.raises(ValidationError, match="two models of one team"):
        GpuServingPoolSpec.model_validate({"models": [CHAT, CHAT]})
