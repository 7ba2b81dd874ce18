"""A pod has the role of its service account, and no other pod has it."""

from __future__ import annotations

import datetime
import json
import threading
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any, cast

import pytest

from rehearsal.aws.ledger import Entry, Ledger
from rehearsal.aws.pod_identity import AUDIENCE, PATH
from rehearsal.aws.pod_identity.agent import Agent, Server
from rehearsal.aws.pod_identity.associations import Associations

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from rehearsal.aws.account import Account
    from rehearsal.kube import Kube

READ = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::artifacts/teams/a/*"}
DECRYPT = {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*"}
MIXED = {"Effect": "Allow", "Action": ["s3:PutObject", "kms:Encrypt"], "Resource": "*"}
ROLE = "team-a"


class Iam:
    """An account with one role, which has one policy of its own and one that is attached."""

    def call(self, service: str, operation: str, parameters: Mapping[str, str]) -> dict[str, Any]:
        assert service == "iam"
        answers: dict[str, dict[str, Any]] = {
            "list_role_policies": {"PolicyNames": ["own"]},
            "get_role_policy": {"PolicyDocument": {"Statement": [READ, DECRYPT]}},
            "list_attached_role_policies": {"AttachedPolicies": [{"PolicyArn": "arn:shared"}]},
            "get_policy": {"Policy": {"DefaultVersionId": "v2"}},
            "get_policy_version": {"PolicyVersion": {"Document": json.dumps({"Statement": MIXED})}},
        }
        if operation == "get_policy_version":
            assert parameters["VersionId"] == "v2"
        return answers[operation]


@pytest.fixture
def roles(tmp_path: Path) -> Associations:
    ledger = Ledger(tmp_path)
    about = {"namespace": "team-a", "serviceAccount": "default", "roleArn": f"arn:aws:iam::123456789012:role/x/{ROLE}"}
    kind = "aws:eks/podIdentityAssociation:PodIdentityAssociation"
    ledger.put(Entry("urn:a", kind, "eu-central-1", "a-1", answer=about))
    return Associations(ledger, cast("Account", Iam()))


def test_only_the_pods_of_an_association_have_its_role(roles: Associations) -> None:
    assert roles.role_of("team-a", "default") == ROLE
    assert roles.role_of("team-a", "other") is None
    assert roles.role_of("team-b", "default") is None


def test_of_a_roles_policies_what_is_about_s3_counts(roles: Associations) -> None:
    assert roles.rights(ROLE) == [{**READ, "Action": ["s3:GetObject"]}, {**MIXED, "Action": ["s3:PutObject"]}]


class Reviews:
    """An API server that knows tokens by whom they belong to."""

    def create(self, path: str, review: dict[str, Any]) -> dict[str, Any]:
        assert path == "/apis/authentication.k8s.io/v1/tokenreviews"
        assert review["spec"]["audiences"] == [AUDIENCE]
        token = review["spec"]["token"]
        if not token:
            return {"status": {"authenticated": False}}
        return {"status": {"authenticated": True, "user": {"username": token}}}


class Users:
    """A store that lets in whom it is told to."""

    def __init__(self) -> None:
        self.rights: dict[str, Any] = {}
        self.keys = 0

    def admit(self, role: str, statements: list[dict[str, Any]]) -> list[str]:
        self.rights[role] = statements
        return []

    def key_of(self, role: str) -> tuple[str, str]:
        self.keys += 1
        return f"key-of-{role}-{self.keys}", "secret"


@pytest.fixture
def users() -> Users:
    return Users()


@pytest.fixture
def ask(roles: Associations, users: Users) -> Iterator[Callable[[str], dict[str, Any]]]:
    """Asks the agent as a pod with that service account would."""
    agent = Agent(cast("Kube", Reviews()), roles, users)
    with Server(("127.0.0.1", 0), agent) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        port = server.server_port

        def ask(token: str) -> dict[str, Any]:
            request = urllib.request.Request(f"http://127.0.0.1:{port}{PATH}", headers={"Authorization": token})
            with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310  HTTP, as said above
                found: dict[str, Any] = json.load(answer)
            return found

        yield ask
        server.shutdown()


def test_a_pod_gets_credentials_with_the_rights_of_its_role(
    ask: Callable[[str], dict[str, Any]], users: Users, roles: Associations
) -> None:
    answer = ask("system:serviceaccount:team-a:default")
    assert (answer["AccessKeyId"], answer["SecretAccessKey"], answer["Token"]) == ("key-of-team-a-1", "secret", "")
    assert datetime.datetime.fromisoformat(answer["Expiration"]) > datetime.datetime.now(datetime.UTC)
    assert users.rights == {ROLE: roles.rights(ROLE)}


def test_all_pods_of_a_role_have_the_same_key(ask: Callable[[str], dict[str, Any]]) -> None:
    keys = {ask("system:serviceaccount:team-a:default")["AccessKeyId"] for _ in range(3)}
    assert keys == {"key-of-team-a-1"}


@pytest.mark.parametrize("token", ["", "admin", "system:serviceaccount:team-b:default", "system:node:real-0"])
def test_nobody_else_gets_any(ask: Callable[[str], dict[str, Any]], users: Users, token: str) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        ask(token)
    with refused.value as answer:
        assert answer.code == 403
        assert json.load(answer)["code"] == "AccessDeniedException"
    assert users.rights == {}
