"""Who signs in to an EKS cluster of a rehearsal is who the access entries say, and nobody else gets in."""

from __future__ import annotations

import base64
import datetime
import json
import ssl
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any

import pytest
from botocore.credentials import Credentials
from botocore.hooks import HierarchicalEmitter
from botocore.model import ServiceId
from botocore.signers import RequestSigner

from rehearsal.aws.ledger import Entry, Ledger
from rehearsal.aws.sign_in.access import Directory
from rehearsal.aws.sign_in.authenticator import Reviewer, Server
from rehearsal.aws.sign_in.tokens import Keys, TokenError, make, verify
from rehearsal.kubernetes import certificates

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

REGION = "eu-central-1"
KEYS = Keys("AKIAREHEARSAL", "secret")
ROLE = "arn:aws:iam::123456789012:role/people/platform-admins"


def now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)


def encoded(url: str) -> str:
    return "k8s-aws-v1." + base64.urlsafe_b64encode(url.encode()).decode().rstrip("=")


def decoded(token: str) -> str:
    text = token.removeprefix("k8s-aws-v1.")
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    """Of an account with the cluster `prod`."""
    ledger = Ledger(tmp_path)
    ledger.put(Entry("urn:cluster", "aws:eks/cluster:Cluster", REGION, "prod"))
    return ledger


@pytest.fixture
def enter(ledger: Ledger) -> Callable[..., None]:
    """Gives a role an access entry in a cluster, with groups and a policy."""

    def enter(cluster: str, role: str, *groups: str, policy: str = "") -> None:
        about = {"clusterName": cluster, "principalArn": role}
        entry = about | {"kubernetesGroups": list(groups)}
        ledger.put(Entry("urn:entry", "aws:eks/accessEntry:AccessEntry", REGION, f"{cluster}:{role}", answer=entry))
        if policy:
            arn = f"arn:aws:eks::aws:cluster-access-policy/{policy}"
            kind = "aws:eks/accessPolicyAssociation:AccessPolicyAssociation"
            answer = about | {"policyArn": arn, "accessScope": {"type": "cluster"}}
            ledger.put(Entry("urn:policy", kind, REGION, f"{cluster}#{role}#{arn}", answer=answer))

    return enter


def status(ledger: Ledger, token: str, at: datetime.datetime | None = None) -> dict[str, Any]:
    """What the API server is told about a token."""
    answer: dict[str, Any] = Reviewer(Directory(ledger), KEYS, ROLE).review(token, at or now())["status"]
    return answer


def test_a_token_opens_the_cluster_that_it_was_made_for() -> None:
    assert verify(make("prod", REGION, KEYS), ["dev", "prod"], KEYS, now()) == "prod"


def test_a_token_of_awss_own_tools_is_taken() -> None:
    # The signer itself holds it weakly.
    events = HierarchicalEmitter()
    credentials = Credentials(KEYS.identifier, KEYS.secret)
    signer = RequestSigner(ServiceId("sts"), REGION, "sts", "v4", credentials, events)
    request = {
        "method": "GET",
        "url": f"https://sts.{REGION}.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15",
        "body": {},
        "headers": {"x-k8s-aws-id": "prod"},
        "context": {},
    }
    url = signer.generate_presigned_url(request, region_name=REGION, expires_in=60, operation_name="")
    assert verify(encoded(url), ["prod"], KEYS, now()) == "prod"


@pytest.mark.parametrize(
    "token",
    [
        "",
        "k8s-aws-v1.!",
        encoded("https://sts.amazonaws.com/"),
        make("other", REGION, KEYS),
        make("prod", REGION, Keys(KEYS.identifier, "guessed")),
        make("prod", REGION, KEYS) + "x" * 4096,
        encoded(decoded(make("prod", REGION, KEYS)).replace("GetCallerIdentity", "AssumeRole")),
        encoded(decoded(make("prod", REGION, KEYS)).replace("host%3Bx-k8s-aws-id", "host")),
        encoded(decoded(make("prod", REGION, KEYS)).replace(f"sts.{REGION}", "sts.elsewhere")),
    ],
)
def test_no_other_token_opens_it(token: str) -> None:
    with pytest.raises(TokenError):
        verify(token, ["prod"], KEYS, now())


@pytest.mark.parametrize("minutes", [-16, 16])
def test_a_token_opens_nothing_before_or_after_its_time(minutes: int) -> None:
    with pytest.raises(TokenError, match="expired"):
        verify(make("prod", REGION, KEYS), ["prod"], KEYS, now() + datetime.timedelta(minutes=minutes))


def test_the_secret_key_is_in_no_representation() -> None:
    assert "secret" not in repr(KEYS).replace("secret=", "")


def test_a_role_without_an_access_entry_stays_outside(ledger: Ledger) -> None:
    answer = status(ledger, make("prod", REGION, KEYS))
    assert answer == {
        "authenticated": False,
        "error": f"the token is refused: cluster prod has no access entry for {ROLE}",
    }


def test_an_access_entry_of_another_cluster_opens_nothing(ledger: Ledger, enter: Callable[..., None]) -> None:
    enter("dev", ROLE, policy="AmazonEKSClusterAdminPolicy")
    assert not status(ledger, make("prod", REGION, KEYS))["authenticated"]


def test_the_cluster_administrators_policy_gives_all_rights(ledger: Ledger, enter: Callable[..., None]) -> None:
    enter("prod", ROLE, policy="AmazonEKSClusterAdminPolicy")
    name = "arn:aws:sts::123456789012:assumed-role/platform-admins/rehearsal"
    user = {"username": name, "uid": name, "groups": ("system:masters",)}
    assert status(ledger, make("prod", REGION, KEYS)) == {"authenticated": True, "user": user}


def test_other_entries_give_their_groups_and_no_more(ledger: Ledger, enter: Callable[..., None]) -> None:
    enter("prod", ROLE, "scientists", policy="AmazonEKSViewPolicy")
    assert status(ledger, make("prod", REGION, KEYS))["user"]["groups"] == ("scientists",)


def test_nobody_enters_a_cluster_that_was_deleted(ledger: Ledger, enter: Callable[..., None]) -> None:
    enter("prod", ROLE, policy="AmazonEKSClusterAdminPolicy")
    ledger.forget("aws:eks/cluster:Cluster", REGION, "prod")
    assert not status(ledger, make("prod", REGION, KEYS))["authenticated"]


@pytest.fixture
def pki(tmp_path: Path) -> Path:
    directory = tmp_path / "certificates"
    certificates.ensure(directory, address="198.18.0.2", node="real-0")
    return directory


@pytest.fixture
def server(ledger: Ledger, enter: Callable[..., None], pki: Path) -> Iterator[Server]:
    """An authenticator for whom ROLE is the administrator of `prod`."""
    enter("prod", ROLE, policy="AmazonEKSClusterAdminPolicy")
    with Server(0, pki, Reviewer(Directory(ledger), KEYS, ROLE)) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


def ask(server: Server, pki: Path, client: str | None) -> dict[str, Any]:
    """What the authenticator answers to a holder of that identity."""
    trusting = ssl.create_default_context(cafile=str(pki / "ca.crt"))
    if client:
        trusting.load_cert_chain(pki / f"{client}.crt", pki / f"{client}.key")
    review = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview"}
    body = json.dumps(review | {"spec": {"token": make("prod", REGION, KEYS)}}).encode()
    address = f"https://127.0.0.1:{server.server_port}/"
    with urllib.request.urlopen(urllib.request.Request(address, body), context=trusting, timeout=20) as answer:
        found: dict[str, Any] = json.load(answer)
    return found


def test_the_api_server_is_answered_in_its_own_words(server: Server, pki: Path) -> None:
    answer = ask(server, pki, "aws-authenticator-client")
    assert (answer["apiVersion"], answer["kind"]) == ("authentication.k8s.io/v1", "TokenReview")
    assert answer["status"]["user"]["groups"] == ["system:masters"]


def test_who_shows_no_certificate_is_not_answered(server: Server, pki: Path) -> None:
    with pytest.raises((urllib.error.URLError, OSError)):
        ask(server, pki, None)


def run(tmp_path: Path, *arguments: str, credentials: bool = True) -> subprocess.CompletedProcess[str]:
    """The command `aws` of a rehearsal."""
    file = tmp_path / "credentials"
    file.write_text("[default]\naws_access_key_id = AKIAREHEARSAL\naws_secret_access_key = secret\n")
    return subprocess.run(
        [sys.executable, "-m", "rehearsal.aws.sign_in.command", *arguments],
        env={"AWS_SHARED_CREDENTIALS_FILE": str(file)} if credentials else {},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_command_prints_a_token_as_a_kubeconfig_wants_it(tmp_path: Path) -> None:
    asked = ("eks", "get-token", "--cluster-name", "prod", "--region", REGION, "--output", "json")
    answer = json.loads(run(tmp_path, *asked).stdout)
    assert (answer["kind"], answer["apiVersion"]) == ("ExecCredential", "client.authentication.k8s.io/v1beta1")
    assert verify(answer["status"]["token"], ["prod"], KEYS, now()) == "prod"
    expires = datetime.datetime.fromisoformat(answer["status"]["expirationTimestamp"])
    assert now() < expires < now() + datetime.timedelta(minutes=15)


@pytest.mark.parametrize(
    "arguments", [("s3", "ls"), ("eks", "get-token"), ("eks", "list-clusters"), ("eks", "get-token", "--profile", "x")]
)
def test_the_command_refuses_everything_else_in_one_line(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    done = run(tmp_path, *arguments)
    assert done.returncode == 252
    assert done.stderr.startswith("aws: ")
    assert done.stderr.count("\n") == 1


def test_the_command_needs_the_rehearsals_keys(tmp_path: Path) -> None:
    asked = ("eks", "get-token", "--cluster-name", "prod", "--region", REGION)
    assert "AWS_SHARED_CREDENTIALS_FILE" in run(tmp_path, *asked, credentials=False).stderr
