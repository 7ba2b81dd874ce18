"""Managed stores of AWS answer for real: under AWS's names, over TLS, to who has the credentials."""

from __future__ import annotations

import contextlib
import json
import re
import socket
import ssl
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest

from components._versions import IMAGES as PLATFORM_IMAGES
from rehearsal.cloud import stores, trust
from rehearsal.cloud.stores import names, pods, servers, tls_front
from rehearsal.kubernetes import certificates
from tests.world.watching import until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HOST = "db.cluster-c0ffee.eu-central-1.rds.amazonaws.com"
LOGIN = {"username": "feast", "password": "secret", "database": "registry"}


def resolved(host: str) -> str | None:
    """Where DNS leads a name, by the rules of the configuration that CoreDNS is given."""
    for line in names.corefile(5353).splitlines():
        rule = re.fullmatch(r"    rewrite stop name regex (\S+) (\S+) answer auto", line)
        if rule and (found := re.match(rule[1], f"{host}.")):
            return rule[2].replace("{1}", found[1] if found.groups() else "")
    return None


@pytest.mark.parametrize(
    ("host", "service"),
    [
        (HOST, "db.aws-rds.svc.cluster.local"),
        ("db.cluster-ro-c0ffee.eu-central-1.rds.amazonaws.com", "db.aws-rds.svc.cluster.local"),
        ("db-0.c0ffee.us-east-1.rds.amazonaws.com", "db-0.aws-rds.svc.cluster.local"),
        ("master.online.abc123.euc1.cache.amazonaws.com", "online.aws-elasticache.svc.cluster.local"),
        ("online.abc123.ng.0001.euc1.cache.amazonaws.com", "online.aws-elasticache.svc.cluster.local"),
        ("s3.eu-central-1.amazonaws.com", "s3.aws-s3.svc.cluster.local"),
        ("s3.amazonaws.com", "s3.aws-s3.svc.cluster.local"),
        ("a-bucket.with.dots.s3.eu-central-1.amazonaws.com", "s3.aws-s3.svc.cluster.local"),
        ("sts.eu-central-1.amazonaws.com", None),
        ("console.aws.amazon.com", None),
    ],
)
def test_a_name_of_aws_leads_to_the_store_that_stands_for_it(host: str, service: str | None) -> None:
    assert resolved(host) == service


def test_the_stores_run_from_images_that_the_platform_has_anyway() -> None:
    assert set(stores.IMAGES) <= {image.tagged for image in PLATFORM_IMAGES.values()}


@pytest.mark.parametrize("server", [servers.postgres(LOGIN), servers.valkey(LOGIN)])
def test_a_store_is_reached_through_tls_alone_and_its_password_is_in_no_argument(server: pods.Server) -> None:
    manifest = pods.deployment("postgres", "db", server, front=[])
    assert "secret" not in json.dumps(manifest).replace("secretName", "").replace('"secret": {', "")
    assert "secret" not in repr(server)
    service = pods.service("postgres", "db", {5432: pods.TLS_PORT})
    assert [port["targetPort"] for port in service["spec"]["ports"]] == [pods.TLS_PORT]
    listens = " ".join([*server.command, *server.files.values()])
    assert "listen_addresses=127.0.0.1" in listens or "bind 127.0.0.1" in listens


def test_a_stores_pod_may_do_nothing_but_serve() -> None:
    pod = pods.deployment("valkey", "online", servers.valkey(LOGIN), front=[])["spec"]["template"]["spec"]
    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"]["runAsNonRoot"]
    for container in pod["containers"]:
        assert container["securityContext"] == {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}


@pytest.mark.parametrize(
    ("credentials", "acl"),
    [
        (LOGIN, "user default off\nuser feast on ~* &* +@all >secret\n"),
        (LOGIN | {"access_string": "on ~* +@read"}, "user default off\nuser feast on ~* +@read >secret\n"),
        ({}, "user default on nopass ~* &* +@all\n"),
    ],
)
def test_a_key_value_store_knows_the_one_user_that_it_was_given(credentials: dict[str, str], acl: str) -> None:
    assert servers.valkey(credentials).files["users.acl"] == acl


def test_pods_find_their_role_where_eks_puts_it_and_what_they_say_themselves_stands() -> None:
    policy, _ = trust.mutation().manifests()
    patches = "\n".join(each["jsonPatch"]["expression"] for each in policy["spec"]["mutations"])
    assert "http://169.254.170.23/v1/credentials" in patches
    for variable in trust.VARIABLES:
        assert f'!container.env.exists(each, each.name == "{variable}")' in patches
    (outside,) = policy["spec"]["matchConstraints"]["namespaceSelector"]["matchExpressions"]
    assert set(outside["values"]) == {"kube-system", *stores.NAMESPACES.values()}


@pytest.fixture
def tls(tmp_path: Path) -> Path:
    """A store's certificate and key, beside the authority that pods believe."""
    certificates.ensure(tmp_path / "pki", address="198.18.0.2", node="real-0")
    authority = certificates.Authority.load(tmp_path / "pki", certificates.AWS)
    certificate, key = authority.pair(certificates.Identity("", HOST, names=(HOST,)))
    (tmp_path / "tls.crt").write_bytes(certificate)
    (tmp_path / "tls.key").write_bytes(key)
    return tmp_path


@pytest.fixture
def upstream() -> Iterator[int]:
    """A server that repeats what it is told; its port."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                threading.Thread(target=repeat, args=(connection,), daemon=True).start()

    def repeat(connection: socket.socket) -> None:
        with connection:
            while said := connection.recv(65536):
                connection.sendall(said)

    threading.Thread(target=serve, daemon=True).start()
    yield listener.getsockname()[1]
    listener.close()


@pytest.fixture(params=["", "postgres"])
def front(request: Any, tls: Path, upstream: int) -> Iterator[tuple[int, bool]]:
    """What speaks TLS before the server: its port, and whether it is asked as PostgreSQL is."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    protocol = [request.param] if request.param else []
    argv = [sys.executable, tls_front.__file__, str(tls), str(port), str(upstream), *protocol]
    with subprocess.Popen(argv) as process:
        until(lambda: socket.socket().connect_ex(("127.0.0.1", port)) == 0, "the front listens", seconds=10)
        yield port, bool(protocol)
        process.terminate()


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_what_is_said_over_verified_tls_reaches_the_server_and_its_answer_comes_back(
    front: tuple[int, bool], tls: Path
) -> None:
    port, asked = front
    context = ssl.create_default_context(cafile=str(tls / "pki" / "roots.pem"))
    with socket.create_connection(("127.0.0.1", port), timeout=10) as plain:
        if asked:
            plain.sendall(tls_front.TLS_REQUEST)
            assert plain.recv(1) == b"S"
        with context.wrap_socket(plain, server_hostname=HOST) as connection:
            message = b"x" * 300_000
            threading.Thread(target=connection.sendall, args=(message,)).start()
            answer = b""
            while len(answer) < len(message):
                answer += connection.recv(65536)
            assert answer == message


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_who_does_not_speak_tls_is_turned_away(front: tuple[int, bool]) -> None:
    port, _ = front
    with socket.create_connection(("127.0.0.1", port), timeout=10) as plain:
        # How a client of PostgreSQL begins that wants no TLS: protocol 3.0.
        plain.sendall(bytes.fromhex("00000008 00030000"))
        assert b"\0\0\0" not in plain.recv(100)
