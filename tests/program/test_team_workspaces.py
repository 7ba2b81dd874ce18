"""Every team gets a room of its own, fenced in the same way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml

from stacks.settings import Settings
from tests.program.recording import ROOT, STACK_FILES, Recording, Resource, recorded

if TYPE_CHECKING:
    from pathlib import Path

CASES = [
    pytest.param(path, team, id=f"{path.name}-{team.name}")
    for path in STACK_FILES
    for team in Settings.load(path).teams
]


def only(program: Recording, kind: str, namespace: str) -> Resource:
    (found,) = (r for r in program.of_kind(kind) if r.inputs["metadata"].get("namespace") == namespace)
    return found


@pytest.mark.parametrize(("path", "team"), CASES)
def test_pods_must_meet_the_restricted_standard(path: Any, team: Any) -> None:
    (namespace,) = (r for r in recorded(path).of_kind("Namespace") if r.inputs["metadata"]["name"] == team.namespace)
    labels = namespace.inputs["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"
    assert labels["mlplatform.dev/owner"] == team.owner
    assert labels["mlplatform.dev/cost-centre"] == team.cost_centre


@pytest.mark.parametrize(("path", "team"), CASES)
def test_pods_reach_and_are_reached_by_what_is_listed_only(path: Any, team: Any) -> None:
    policy = only(recorded(path), "NetworkPolicy", team.namespace).inputs["spec"]
    assert policy["podSelector"] == {}
    assert policy["policyTypes"] == ["Ingress", "Egress"]
    for direction, side in (("ingress", "from"), ("egress", "to")):
        for rule in policy[direction]:
            # A rule without peers, or with an empty one, would allow everybody.
            assert rule.get(side)
            for peer in rule[side]:
                namespaces = peer.get("namespaceSelector", {}).get("matchLabels")
                assert peer == {"podSelector": {}} or namespaces or peer["ipBlock"]
                if side == "to" and peer != {"podSelector": {}}:
                    assert rule["ports"]


@pytest.mark.parametrize(("path", "team"), CASES)
def test_pods_get_no_api_token_unless_they_ask(path: Any, team: Any) -> None:
    accounts = {
        account.inputs["metadata"]["name"]: account.inputs["automountServiceAccountToken"]
        for account in recorded(path).of_kind("ServiceAccount")
        if account.inputs["metadata"]["namespace"] == team.namespace
    }
    assert "default" in accounts
    assert not any(accounts.values())


@pytest.mark.parametrize(("path", "team"), CASES)
def test_the_quota_covers_what_queues_and_models_may_hand_out_and_no_more(path: Any, team: Any) -> None:
    settings = Settings.load(path)
    hard = only(recorded(path), "ResourceQuota", team.namespace).inputs["spec"]["hard"]
    most = settings.sharing.ceiling(team, borrowing=settings.training.borrowing)
    assert hard["requests.nvidia.com/gpu"] == str(most.gpus)
    assert hard["requests.cpu"] == str(most.cpus + team.cpus)


@pytest.mark.parametrize(("path", "team"), CASES)
def test_roles_are_bound_to_the_groups_of_the_stack_file_in_the_teams_namespace_alone(path: Any, team: Any) -> None:
    bindings = [
        r.inputs for r in recorded(path).of_kind("RoleBinding") if r.inputs["metadata"]["namespace"] == team.namespace
    ]
    subjects = [subject for binding in bindings for subject in binding["subjects"]]
    groups = {each["name"] for each in subjects if each["kind"] == "Group"}
    assert groups == {group for group in team.groups.model_dump().values() if group}


@pytest.mark.parametrize(("path", "team"), CASES)
def test_accounts_lie_where_no_team_can_start_pods_with_them(path: Any, team: Any) -> None:
    program = recorded(path)
    bound = {
        (subject["namespace"], subject["name"])
        for binding in program.of_kind("RoleBinding")
        for subject in binding.inputs["subjects"]
        if binding.inputs["metadata"]["namespace"] == team.namespace and subject["kind"] == "ServiceAccount"
    }
    assert bound == {("mlplatform-accounts", f"{team.name}-{role}") for role in team.accounts}
    assert not any(
        each.inputs["metadata"]["namespace"] == "mlplatform-accounts" for each in program.of_kind("RoleBinding")
    )


@pytest.mark.parametrize("path", STACK_FILES, ids=lambda path: path.name)
def test_no_role_has_a_wildcard_or_could_widen_itself(path: Any) -> None:
    for role in recorded(path).of_kind("ClusterRole"):
        for rule in role.inputs["rules"]:
            assert "*" not in rule["verbs"] + rule.get("resources", []) + rule.get("apiGroups", [])
            assert not {"bind", "escalate", "impersonate"} & set(rule["verbs"])
            if "rbac.authorization.k8s.io" in rule.get("apiGroups", []):
                assert set(rule["verbs"]) == {"get", "list", "watch"}


@pytest.mark.parametrize("path", STACK_FILES, ids=lambda path: path.name)
def test_governance_reads_everything_but_secrets_and_changes_nothing_but_approvals(path: Any) -> None:
    (role,) = (r for r in recorded(path).of_kind("ClusterRole") if r.name == "mlplatform-governance")
    for rule in role.inputs["rules"]:
        approves = set(rule["resources"]) <= {"modelreleases", "modelapprovals"}
        assert set(rule["verbs"]) <= {"get", "list", "watch", *(("approve", "create", "delete") if approves else ())}
        assert "secrets" not in rule["resources"]


@pytest.mark.parametrize("path", STACK_FILES, ids=lambda path: path.name)
def test_who_approves_releases_cannot_write_down_on_servers_that_somebody_did(path: Any) -> None:
    roles = {role.name: role.inputs["rules"] for role in recorded(path).of_kind("ClusterRole")}
    may = {name: {verb for rule in rules for verb in rule["verbs"]} for name, rules in roles.items()}
    assert "approve" not in may["mlplatform-data-scientist"]
    assert {"mlplatform-engineer", "mlplatform-governance"} <= {name for name in may if "approve" in may[name]}
    assert not [name for name, verbs in may.items() if {"approve", "serve"} <= verbs]


@pytest.mark.parametrize(("path", "team"), CASES)
def test_each_team_submits_in_its_own_namespace_to_its_own_queue(path: Any, team: Any) -> None:
    entrance = only(recorded(path), "LocalQueue", team.namespace)
    assert entrance.inputs["metadata"]["name"] == Settings.load(path).training.queue
    assert entrance.inputs["spec"] == {"clusterQueue": team.name}


@pytest.mark.parametrize(("path", "team"), CASES)
def test_a_teams_jobs_end_with_its_namespace_before_the_queue_and_the_controllers_that_end_them(
    path: Any, team: Any
) -> None:
    program = recorded(path)
    (namespace,) = (r for r in program.of_kind("Namespace") if r.inputs["metadata"]["name"] == team.namespace)
    gone_later = {program.resources[urn].name for urn in program.before(namespace)}
    controllers = {"training-kueue", "training-jobset", "training-kubeflow-trainer"}
    assert {f"training-queue-{team.name}", "training-runtime-torch", *controllers} <= gone_later
    assert namespace.urn in program.before(only(program, "LocalQueue", team.namespace))


def protected(path: Path) -> dict[str, bool]:
    """Whether the engine refuses to delete it, by the namespace's team."""
    return {
        each.inputs["metadata"]["labels"]["mlplatform.dev/team"]: each.protect
        for each in recorded(path).of_kind("Namespace")
        if "mlplatform.dev/team" in each.inputs["metadata"].get("labels", {})
    }


@pytest.mark.parametrize(
    ("stack", "refused"), [("prod", True), ("staging", True), ("onprem", True), ("dev", False), ("local", False)]
)
def test_a_teams_namespace_is_protected_where_what_is_in_it_would_be_missed(stack: str, refused: bool) -> None:
    path = ROOT / "stacks" / f"Pulumi.{stack}.yaml"
    assert protected(path) == {team.name: refused for team in Settings.load(path).teams}


def test_only_a_team_that_is_leaving_may_be_taken_out(tmp_path: Path) -> None:
    settings = yaml.safe_load((ROOT / "stacks" / "Pulumi.onprem.yaml").read_text())
    settings["config"]["mlplatform:teams"][0]["leaving"] = True
    path = tmp_path / "Pulumi.onprem.yaml"
    path.write_text(yaml.safe_dump(settings))
    assert protected(path) == {"research": False, "search": True}
