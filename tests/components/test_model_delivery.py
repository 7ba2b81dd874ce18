"""Releases as a stack installs them: a controller with the rights that it needs, and judges whom no team reaches."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pulumi
import pytest

from components.artifact_bucket import WayThere
from components.buckets.access import AccessKey, BucketAccess
from components.delivery import rights
from components.model_delivery import ModelDelivery, ModelDeliveryArgs
from components.specs.model_delivery import ModelDeliverySpec
from components.team_workspace import Addresses, Peer
from controllers.release.reading import Settings, plan_of
from tests.components.aws_place import cluster_on_aws, statements
from tests.components.platform import cluster
from tests.components.pods import pods, revealed
from tests.components.recorded import record
from tests.delivery.conftest import release

if TYPE_CHECKING:
    from tests.components.recorded import Recording

pytestmark = pytest.mark.delivery

WAY = WayThere((Peer("artifact-store", (8333,)),), (Addresses(["192.0.2.0/24"], (443,)),))


def delivery(*, on_aws: bool = False, **chosen: Any) -> Recording:
    spec = ModelDeliverySpec.model_validate({"domain": "models.example.org", **chosen})

    def program() -> None:
        key = None if on_aws else AccessKey("release-judges", pulumi.Output.secret("hush"))
        allowed = [{"Sid": "Read", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "teams/"}]
        access = BucketAccess("artifacts", "teams/", {"AWS_DEFAULT_REGION": "eu-central-1"}, key, allowed)
        where = cluster_on_aws() if on_aws else cluster()
        ModelDelivery("delivery", ModelDeliveryArgs(spec, where, access, WAY, "http://prometheus:9090", ()))

    return record(program)


def settings(recording: Recording) -> Settings:
    """The settings as the controller itself reads them."""
    (made,) = recording.of_kind("ConfigMap").values()
    return Settings.of(json.loads(revealed(made.inputs["data"])["settings.json"]))


def rules(recording: Recording, kind: str) -> list[dict[str, Any]]:
    (role,) = recording.of_kind(kind).values()
    found: list[dict[str, Any]] = role.inputs["rules"]
    return found


def test_the_controller_is_given_settings_that_it_can_read() -> None:
    read = settings(delivery(gates={"limited": ["smoke"]}))
    assert [str(gate) for gate in plan_of(complete(), read).gates] == ["artifact", "approval", "smoke", "canary"]
    assert (read.domain, read.metrics_url) == ("models.example.org", "http://prometheus:9090")
    assert read.servers_url.format(release="a", namespace="team-b") == "http://a-predictor.team-b.svc"
    assert read.jobs_namespace == "model-judges"


def complete() -> dict[str, Any]:
    """A release with what the API server fills in."""
    made = release()
    made["spec"] |= {"canary": {"steps": [5], "stepSeconds": 5, "readySeconds": 60}}
    made["spec"]["objectives"] |= {"errorRatio": 0.01, "windowSeconds": 60, "requests": 10}
    return made


def test_its_account_may_do_what_the_tests_of_the_controller_gave_it_and_nothing_else() -> None:
    recording = delivery()
    assert rules(recording, "ClusterRole") == rights.everywhere()["rules"]
    assert rules(recording, "Role") == rights.among_jobs("model-judges")["rules"]
    for kind in ("ClusterRoleBinding", "RoleBinding"):
        (binding,) = recording.of_kind(kind).values()
        (subject,) = binding.inputs["subjects"]
        assert (subject["name"], subject["namespace"]) == ("release-controller", "model-delivery")
    (role,) = recording.of_kind("Role").values()
    assert role.inputs["metadata"]["namespace"] == "model-judges"


def test_the_controller_approves_nothing_and_reads_no_secret() -> None:
    every = [*rules(delivery(), "ClusterRole"), *rules(delivery(), "Role")]
    assert not [each for each in every if "approve" in each["verbs"] or "secrets" in each["resources"]]


def test_only_the_controller_has_a_token_and_only_a_judge_the_buckets_key() -> None:
    recording = delivery()
    ((_, template),) = pods(recording)
    judge = settings(recording).job
    assert template["spec"]["automountServiceAccountToken"] is True
    assert judge["spec"]["automountServiceAccountToken"] is False
    assert "credentials" not in {each["name"] for each in template["spec"]["volumes"]}
    assert "credentials" in {each["name"] for each in judge["spec"]["volumes"]}
    (secret,) = recording.of_kind("Secret").values()
    assert secret.inputs["metadata"]["namespace"] == "model-judges"


def test_a_judges_verdict_is_where_kubernetes_takes_last_words_from() -> None:
    (container,) = settings(delivery()).job["spec"]["containers"]
    assert container["command"][1:] == ["-m", "controllers.release.judge", "--verdict=/dev/termination-log"]
    assert "args" not in container, "the controller asks with the only argument"


def test_judges_reach_the_bucket_and_nobody_else_and_nobody_reaches_them() -> None:
    recording = delivery()
    closed = recording.named("delivery-judges-default-deny-networkpolicy").inputs["spec"]
    assert closed == {"podSelector": {}, "policyTypes": ["Ingress"]}
    egress = recording.named("delivery-judges-egress-networkpolicy").inputs["spec"]
    assert (egress["podSelector"], egress["policyTypes"]) == ({}, ["Egress"])
    ports = [{each["port"] for each in rule["ports"]} for rule in egress["egress"]]
    assert ports == [{53}, {8333}, {443}]


def test_on_aws_judges_have_a_role_and_no_key() -> None:
    recording = delivery(on_aws=True)
    assert not recording.of_kind("Secret")
    given = statements(recording, "iam/rolePolicy:RolePolicy", "delivery-release-judge-policy")
    assert given["Read"]["Resource"] == "teams/"
    (association,) = recording.of_type("eks/podIdentityAssociation:PodIdentityAssociation").values()
    assert (association.inputs["namespace"], association.inputs["serviceAccount"]) == ("model-judges", "release-judge")
    assert "delivery-release-judge" in recording.of_kind("Deployment")["release-controller"].dependencies


def test_the_controller_goes_before_the_kinds_that_it_acts_on() -> None:
    started = delivery().of_kind("Deployment")["release-controller"].dependencies
    assert {"delivery-modelreleases", "delivery-modelapprovals", "delivery-role", "delivery-binding"} <= set(started)
