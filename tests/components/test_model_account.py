"""Models in the stack's own bucket: fetched by an account that is there for nothing else."""

from __future__ import annotations

import pytest

from tests.components.aws_place import statements
from tests.components.pods import revealed
from tests.components.serving import CHAT, DIGEST, SCRATCHES, predictor, serving

pytestmark = pytest.mark.serving

OWN = {**CHAT, "uri": f"artifact://teams/language/chat/sha256-{DIGEST}"}


@pytest.mark.parametrize("on_aws", [False, True])
def test_a_model_in_the_stacks_own_bucket_is_fetched_by_an_account_for_that(on_aws: bool) -> None:
    recording = serving(OWN, SCRATCHES, on_aws=on_aws)[0]
    assert predictor(recording, "chat")["model"]["storageUri"] == f"s3://artifacts/teams/language/chat/sha256-{DIGEST}"
    assert predictor(recording, "chat")["serviceAccountName"] == "model-server"
    assert "serviceAccountName" not in predictor(recording, "scratches")
    (account,) = recording.of_kind("ServiceAccount").values()
    assert account.inputs["metadata"]["namespace"] == "team-language"
    assert account.inputs["automountServiceAccountToken"] is False
    assert "serving-language-account" in recording.of_kind("InferenceService")["chat"].dependencies


def test_kserve_finds_the_key_of_a_store_on_the_cluster() -> None:
    recording = serving(OWN)[0]
    secret = recording.of_kind("Secret")["model-server"].inputs
    assert secret["metadata"]["annotations"]["serving.kserve.io/s3-endpoint"] == "s3.example:8333"
    assert secret["metadata"]["annotations"]["serving.kserve.io/s3-usehttps"] == "0"
    assert revealed(secret["stringData"]) == {"AWS_ACCESS_KEY_ID": "team-language", "AWS_SECRET_ACCESS_KEY": "hush"}
    (account,) = recording.of_kind("ServiceAccount").values()
    assert account.inputs["secrets"] == [{"name": "model-server"}]


def test_on_aws_model_servers_have_a_role_that_reads_their_models_and_nothing_else() -> None:
    recording = serving(OWN, on_aws=True)[0]
    assert not recording.of_kind("Secret")
    given = statements(recording, "iam/rolePolicy:RolePolicy", "serving-language-account-policy")
    assert given["language"]["Resource"] == [f"teams/language/chat/sha256-{DIGEST}/"]
    (association,) = recording.of_type("eks/podIdentityAssociation:PodIdentityAssociation").values()
    assert association.inputs["serviceAccount"] == "model-server"


def test_where_models_come_as_releases_every_teams_servers_may_read_what_the_team_put_there() -> None:
    recording = serving(on_aws=True, releases=True)[0]
    for team in ("vision", "language"):
        given = statements(recording, "iam/rolePolicy:RolePolicy", f"serving-{team}-account-policy")
        assert given[team]["Resource"] == [f"teams/{team}/"]
