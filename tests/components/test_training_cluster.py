"""Training: queues follow from the capacity model, and everything comes in an order that works at the first try."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml

from components._versions import IMAGES
from components.registry import team_access
from components.specs.training_cluster import TrainingClusterSpec
from components.training import queues
from components.training_cluster import TrainingCluster, TrainingClusterArgs
from tests.components.platform import CAPACITY, cluster
from tests.components.recorded import record

if TYPE_CHECKING:
    from tests.components.recorded import Recording

pytestmark = pytest.mark.training


def training(spec: TrainingClusterSpec | None = None) -> Recording:
    return record(
        lambda: TrainingCluster("training", TrainingClusterArgs(spec or TrainingClusterSpec(), cluster(), CAPACITY))
    )


@pytest.fixture(scope="module")
def recording() -> Recording:
    return training()


def quotas(queue: dict[str, Any]) -> dict[tuple[str, str], str]:
    """Nominal quota by flavor and resource."""
    return {
        (flavor["name"], resource["name"]): resource["nominalQuota"]
        for group in queue["spec"]["resourceGroups"]
        for flavor in group["flavors"]
        for resource in flavor["resources"]
    }


def test_a_queue_holds_what_the_team_owns_and_offers_what_others_leave_idle(recording: Recording) -> None:
    queues = recording.of_kind("ClusterQueue")
    assert quotas(queues["vision"].inputs) == {
        ("general", "cpu"): "304",
        ("general", "memory"): "3136Gi",
        ("h100", "nvidia.com/gpu"): "12",
        ("a100", "nvidia.com/gpu"): "0",
    }
    assert quotas(queues["language"].inputs)["a100", "nvidia.com/gpu"] == "8"


def test_all_queues_share_one_cohort_and_each_serves_one_team_only(recording: Recording) -> None:
    for team, queue in recording.of_kind("ClusterQueue").items():
        assert queue.inputs["spec"]["cohortName"] in recording.of_kind("Cohort")
        assert queue.inputs["spec"]["namespaceSelector"] == {"matchLabels": {"mlplatform.dev/team": team}}


def test_without_borrowing_a_team_sees_its_own_gpus_alone() -> None:
    queue = training(TrainingClusterSpec(borrowing=False)).of_kind("ClusterQueue")["vision"].inputs
    assert ("a100", "nvidia.com/gpu") not in quotas(queue)
    limits = [
        resource["borrowingLimit"]
        for group in queue["spec"]["resourceGroups"]
        for flavor in group["flavors"]
        for resource in flavor["resources"]
    ]
    assert limits == ["0", "0", "0"]


def test_every_training_pool_is_a_flavor_that_finds_its_nodes_and_bears_their_taint(
    recording: Recording,
) -> None:
    flavors = recording.of_kind("ResourceFlavor")
    assert set(flavors) == {"general", "h100", "a100"}
    spec = flavors["h100"].inputs["spec"]
    assert spec["nodeLabels"] == {"mlplatform.dev/pool": "h100"}
    assert spec["tolerations"] == [
        {"key": "nvidia.com/gpu", "operator": "Equal", "value": "present", "effect": "NoSchedule"}
    ]
    assert flavors["general"].inputs["spec"] == {}


def test_a_priority_is_the_same_for_the_queue_and_for_pods_and_pods_never_preempt(
    recording: Recording,
) -> None:
    queued, pods = recording.of_kind("WorkloadPriorityClass"), recording.of_kind("PriorityClass")
    assert {name: each.inputs["value"] for name, each in queued.items()} == {
        "training-low": 100,
        "training-normal": 1000,
        "training-high": 10000,
    }
    assert {name: each.inputs["value"] for name, each in pods.items()} == {
        name: each.inputs["value"] for name, each in queued.items()
    }
    assert {each.inputs["preemptionPolicy"] for each in pods.values()} == {"Never"}


def test_definitions_come_before_any_controller(recording: Recording) -> None:
    definitions = {f"training-{chart}-definitions" for chart in ("kueue", "jobset", "kubeflow-trainer")}
    for chart in ("kueue", "jobset", "kubeflow-trainer"):
        assert definitions <= recording.named(f"training-{chart}").dependencies


def test_custom_resources_follow_their_controller_and_wait_for_its_webhook(recording: Recording) -> None:
    controllers = {"kueue.x-k8s.io": "training-kueue", "trainer.kubeflow.org": "training-kubeflow-trainer"}
    custom = [
        each for each in recording.registrations if each.inputs.get("apiVersion", "").split("/")[0] in controllers
    ]
    assert len(custom) == 10
    for each in custom:
        controller = controllers[each.inputs["apiVersion"].split("/")[0]]
        through = {each.name, *each.dependencies} | {
            name for dependency in each.dependencies for name in recording.named(dependency).dependencies
        }
        assert controller in through, each.name
        assert each.error_hooks == ("training-webhooks",)


def test_everything_goes_to_the_cluster_it_was_given(recording: Recording) -> None:
    reached = {each.provider.split("::")[-2] for each in recording.registrations if each.provider}
    assert reached == {"cluster"}
    assert {each.parent for each in recording.registrations if each.type != "mlplatform:index:TrainingCluster"}


@pytest.mark.parametrize("chart", ["kueue", "jobset", "kubeflow-trainer"])
def test_a_controller_runs_the_image_of_the_version_table(recording: Recording, chart: str) -> None:
    values = recording.named(f"training-{chart}").inputs["values"]
    image = values["controllerManager"]["manager"]["image"] if chart == "kueue" else values["image"]
    registry = f"{image['registry']}/" if "registry" in image else ""
    assert f"{registry}{image['repository']}:{image['tag']}" == IMAGES[chart].reference
    assert image["pullPolicy"] == "IfNotPresent"


def test_kueue_minds_the_namespaces_of_teams_and_no_others(recording: Recording) -> None:
    values = recording.named("training-kueue").inputs["values"]
    configuration = yaml.safe_load(values["managerConfig"]["controllerManagerConfigYaml"])
    assert configuration["managedJobsNamespaceSelector"] == {
        "matchExpressions": [{"key": "mlplatform.dev/team", "operator": "Exists"}]
    }
    assert configuration["manageJobsWithoutQueueName"] is True
    assert not {"pod", "deployment", "statefulset"} & set(configuration["integrations"]["frameworks"])


def test_a_gang_that_does_not_start_gives_its_gpus_back_in_the_time_that_the_stack_file_says() -> None:
    configuration = yaml.safe_load(queues.configuration(TrainingClusterSpec(pods_ready_timeout_minutes=7), CAPACITY))
    assert configuration["waitForPodsReady"]["timeout"] == "7m"
    assert configuration["waitForPodsReady"]["blockAdmission"] is False


def test_trainer_brings_neither_its_own_jobset_nor_runtimes(recording: Recording) -> None:
    for part in ("training-kubeflow-trainer", "training-kubeflow-trainer-definitions"):
        values = recording.named(part).inputs["values"]
        assert values["jobset"] == {"install": False}
        assert "runtimes" not in values


def test_a_training_pod_meets_the_restricted_standard(recording: Recording) -> None:
    (job,) = recording.of_kind("ClusterTrainingRuntime")["torch-distributed"].inputs["spec"]["template"]["spec"][
        "replicatedJobs"
    ]
    pod = job["template"]["spec"]["template"]["spec"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert pod["automountServiceAccountToken"] is False
    (container,) = pod["containers"]
    assert container["securityContext"]["allowPrivilegeEscalation"] is False
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert set(container["resources"]) == {"requests", "limits"}


def test_a_pod_that_had_to_leave_its_machine_is_none_of_its_jobs_failures(recording: Recording) -> None:
    (job,) = recording.of_kind("ClusterTrainingRuntime")["torch-distributed"].inputs["spec"]["template"]["spec"][
        "replicatedJobs"
    ]
    (rule,) = job["template"]["spec"]["podFailurePolicy"]["rules"]
    assert rule["action"] == "Ignore"
    assert rule["onPodConditions"] == [{"type": "DisruptionTarget", "status": "True"}]
    # The API server takes a failure policy of such pods only.
    assert job["template"]["spec"]["template"]["spec"]["restartPolicy"] == "Never"


def test_idle_gpus_are_divided_by_the_weight_of_the_teams(recording: Recording) -> None:
    configuration = yaml.safe_load(queues.configuration(TrainingClusterSpec(), CAPACITY))
    assert configuration["fairSharing"]["preemptionStrategies"][0] == "LessThanOrEqualToFinalShare"
    weights = {each.inputs["spec"]["fairSharing"]["weight"] for each in recording.of_kind("ClusterQueue").values()}
    assert weights == {"1"}


@pytest.mark.parametrize("checkpoints", [True, False])
def test_a_job_is_told_where_its_checkpoints_belong_unless_it_has_none(checkpoints: bool) -> None:
    runtimes = training(TrainingClusterSpec(checkpoints=checkpoints)).of_kind("ClusterTrainingRuntime")
    (job,) = runtimes["torch-distributed"].inputs["spec"]["template"]["spec"]["replicatedJobs"]
    (container,) = job["template"]["spec"]["template"]["spec"]["containers"]
    names = [each["name"] for each in container["env"]]
    assert ("CHECKPOINT_URI" in names) is checkpoints
    if checkpoints:
        # The cluster puts variables together from those that come before.
        assert {"BUCKET", "PREFIX", "JOB_NAME"} <= set(names[: names.index("CHECKPOINT_URI")])


def test_a_job_finds_its_teams_registry_and_starts_where_there_is_none(recording: Recording) -> None:
    (job,) = recording.of_kind("ClusterTrainingRuntime")["torch-distributed"].inputs["spec"]["template"]["spec"][
        "replicatedJobs"
    ]
    pod = job["template"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    variables = {each["name"]: each for each in container["env"]}
    for name in ("MLFLOW_TRACKING_URI", "MLFLOW_WORKSPACE"):
        source = variables[name]["valueFrom"]["configMapKeyRef"]
        assert source == {"name": team_access.NAME, "key": name, "optional": True}
    (volume,) = (each for each in pod["volumes"] if each.get("secret"))
    assert volume["secret"].items() >= {"secretName": team_access.NAME, "optional": True}.items()
    (mount,) = (each for each in container["volumeMounts"] if each["name"] == volume["name"])
    # Where MLflow's client looks for its file of credentials.
    assert mount["mountPath"] == f"{variables['HOME']['value']}/.mlflow"
