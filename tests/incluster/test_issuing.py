"""Keys and certificates for what Certificates ask."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from rehearsal.cluster.cert_stand_in._issuing import Authority, duration, issue, unanswered, validity

QUICK = {"privateKey": {"algorithm": "ECDSA"}}
KSERVE: dict[str, Any] = {
    "commonName": "kserve-webhook-server-service.kserve.svc",
    "dnsNames": ["kserve-webhook-server-service.kserve.svc"],
    "issuerRef": {"kind": "Issuer", "name": "selfsigned-issuer"},
    "secretName": "kserve-webhook-server-cert",
}


def shake_hands(server_pem: bytes, trusted: bytes, name: str, tmp_path: Any) -> None:
    """A TLS handshake in memory, in which the client verifies the server's certificate and name."""
    pair = tmp_path / "server.pem"
    pair.write_bytes(server_pem)
    at_server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    at_server.load_cert_chain(pair)
    at_client = ssl.create_default_context(cadata=trusted.decode())
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = at_client.wrap_bio(to_client, to_server, server_hostname=name)
    server = at_server.wrap_bio(to_server, to_client, server_side=True)
    for _ in range(4):
        for side in (client, server):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
    assert client.getpeercert()


def test_kserves_webhook_server_can_be_trusted_by_its_own_certificate(tmp_path: Any) -> None:
    issued = issue(KSERVE)
    assert issued.authority == issued.certificate
    shake_hands(issued.certificate + issued.key, issued.authority, KSERVE["commonName"], tmp_path)


def test_an_authority_signs_for_others(tmp_path: Any) -> None:
    root = issue({"commonName": "root", "isCA": True, **QUICK})
    issued = issue({"dnsNames": ["a.b.svc"], **QUICK}, Authority(root.certificate, root.key))
    assert issued.authority == root.certificate
    shake_hands(issued.certificate + issued.key, root.certificate, "a.b.svc", tmp_path)


@pytest.mark.parametrize(
    ("asked", "kind"),
    [
        ({}, rsa.RSAPrivateKey),
        ({"algorithm": "ECDSA", "size": 384}, ec.EllipticCurvePrivateKey),
        ({"algorithm": "Ed25519", "encoding": "PKCS8"}, ed25519.Ed25519PrivateKey),
    ],
)
def test_the_key_is_of_the_kind_that_was_asked_for(asked: dict[str, Any], kind: type) -> None:
    issued = issue({"commonName": "x", "privateKey": asked})
    assert isinstance(serialization.load_pem_private_key(issued.key, password=None), kind)


def test_a_certificate_says_what_was_asked_for() -> None:
    spec = {
        **QUICK,
        "subject": {"organizations": ["team"]},
        "commonName": "x",
        "dnsNames": ["x.y"],
        "ipAddresses": ["10.0.0.1"],
        "usages": ["digital signature", "client auth"],
    }
    certificate = x509.load_pem_x509_certificate(issue(spec).certificate)
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert certificate.subject.rfc4514_string() == "CN=x,O=team"
    assert names.get_values_for_type(x509.DNSName) == ["x.y"]
    assert names.get_values_for_type(x509.IPAddress) == [ip_address("10.0.0.1")]
    extended = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(extended) == [ExtendedKeyUsageOID.CLIENT_AUTH]
    assert not certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca


@pytest.mark.parametrize(("asked", "hours"), [({}, 2160), ({"duration": "1h30m0s"}, 1.5)])
def test_it_is_valid_from_now_for_as_long_as_asked(asked: dict[str, str], hours: float) -> None:
    since, until = validity(issue({"commonName": "x", **QUICK, **asked}).certificate)
    assert until - since == timedelta(hours=hours)
    assert timedelta(0) <= datetime.now(UTC) - since < timedelta(minutes=1)


def test_durations_are_read_as_kubernetes_writes_them() -> None:
    assert duration("360h0m0s", timedelta(0)) == timedelta(days=15)
    assert duration(None, timedelta(1)) == timedelta(1)


def test_what_is_not_done_is_named() -> None:
    assert unanswered(KSERVE) == []
    spec = {**KSERVE, "keystores": {}, "subject": {"countries": ["X"]}, "usages": ["code signing"]}
    assert unanswered(spec) == ["keystores", "subject.countries", "usages: code signing"]
