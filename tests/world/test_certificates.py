"""Every connection inside a rehearsal can be verified, and no identity opens more than it should."""

from __future__ import annotations

import base64
import contextlib
import json
import socket
import ssl
import threading
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtensionOID, NameOID

from rehearsal.kubernetes import certificates
from rehearsal.kubernetes.kubeconfig import write_kubeconfig

if TYPE_CHECKING:
    from pathlib import Path

ADDRESS = "198.18.0.2"


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("state") / "certificates"
    certificates.ensure(directory, address=ADDRESS, node="real-0")
    return directory


def certificate(pki: Path, name: str) -> x509.Certificate:
    return x509.load_pem_x509_certificate((pki / f"{name}.crt").read_bytes())


def handshake(pki: Path, server: str, client: str, *, name: str, trusted: str = "ca") -> str | None:
    """Connect with both sides verified: the common name that the server sees, None if it refuses the client.

    ``trusted`` is the authority whose clients the server takes.
    """
    listening = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(pki / f"{trusted}.crt"))
    listening.verify_mode = ssl.CERT_REQUIRED
    listening.load_cert_chain(pki / f"{server}.crt", pki / f"{server}.key")
    calling = ssl.create_default_context(cafile=str(pki / "ca.crt"))
    calling.verify_flags |= ssl.VERIFY_X509_STRICT
    calling.load_cert_chain(pki / f"{client}.crt", pki / f"{client}.key")
    ours, theirs = socket.socketpair()
    seen: list[str] = []

    def serve() -> None:
        with theirs, contextlib.suppress(ssl.SSLError), listening.wrap_socket(theirs, server_side=True) as tls:
            shown = x509.load_der_x509_certificate(tls.getpeercert(binary_form=True) or b"")
            seen.extend(str(each.value) for each in shown.subject.get_attributes_for_oid(NameOID.COMMON_NAME))
            tls.recv(1)

    server_side = threading.Thread(target=serve)
    server_side.start()
    with ours, calling.wrap_socket(ours, server_hostname=name) as tls, contextlib.suppress(OSError):
        tls.send(b".")
    server_side.join()
    return seen[0] if seen else None


def opens(pki: Path, authority: str, name: str) -> bool:
    """Whether a server that trusts this authority takes the certificate for a client's."""
    return handshake(pki, "kube-apiserver", name, name=ADDRESS, trusted=authority) is not None


@pytest.mark.parametrize("name", [ADDRESS, "127.0.0.1", "10.96.0.1", "kubernetes.default.svc", "localhost"])
def test_the_api_server_is_who_it_says_under_all_its_names(pki: Path, name: str) -> None:
    assert handshake(pki, "kube-apiserver", "admin", name=name) == "admin"


def test_the_api_server_can_verify_kubelet(pki: Path) -> None:
    seen = handshake(pki, "kubelet-server", "kube-apiserver-kubelet-client", name=ADDRESS)
    assert seen == "kube-apiserver-kubelet-client"


def test_only_the_administrator_is_one(pki: Path) -> None:
    masters = [
        file.stem
        for file in pki.glob("*.crt")
        for organization in certificate(pki, file.stem).subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
        if organization.value == "system:masters"
    ]
    assert masters == ["admin"]


@pytest.mark.parametrize("identity", ["admin", "kubelet", "kwok", "kube-apiserver-kubelet-client"])
@pytest.mark.parametrize("authority", ["etcd-ca", "front-proxy-ca"])
def test_no_identity_of_the_cluster_opens_etcd_or_the_front_proxy(pki: Path, identity: str, authority: str) -> None:
    assert opens(pki, "ca", identity)
    assert not opens(pki, authority, identity)


def test_the_api_server_opens_etcd(pki: Path) -> None:
    assert opens(pki, "etcd-ca", "etcd-client")
    assert not opens(pki, "ca", "etcd-client")


def test_keys_are_their_owners_only(pki: Path) -> None:
    assert {file.stat().st_mode & 0o777 for file in pki.glob("*.key")} == {0o600}
    assert pki.stat().st_mode & 0o777 == 0o700


def test_authorities_alone_may_sign(pki: Path) -> None:
    signing = {
        file.stem
        for file in pki.glob("*.crt")
        if certificate(pki, file.stem).extensions.get_extension_for_oid(ExtensionOID.BASIC_CONSTRAINTS).value.ca  # type: ignore[attr-defined]
    }
    assert signing == {"ca", "etcd-ca", "front-proxy-ca", "aws-ca"}


def test_pods_believe_the_clusters_authority_and_awss_and_no_other(pki: Path) -> None:
    believed = {each.subject for each in x509.load_pem_x509_certificates((pki / "roots.pem").read_bytes())}
    assert believed == {certificate(pki, name).subject for name in ("ca", "aws-ca")}


def test_an_authority_that_was_loaded_vouches_as_before(pki: Path) -> None:
    identity = certificates.Identity("", "store", names=("store.example",))
    pair, _ = certificates.Authority.load(pki, "aws-ca").pair(identity)
    x509.load_pem_x509_certificate(pair).verify_directly_issued_by(certificate(pki, "aws-ca"))


def test_certificates_that_are_there_stay(tmp_path: Path) -> None:
    directory = tmp_path / "certificates"
    certificates.ensure(directory, address=ADDRESS, node="real-0")
    before = {file.name: file.read_bytes() for file in directory.iterdir()}
    certificates.ensure(directory, address=ADDRESS, node="real-0")
    assert {file.name: file.read_bytes() for file in directory.iterdir()} == before


def test_an_interrupted_making_is_made_again_whole(tmp_path: Path) -> None:
    directory = tmp_path / "certificates"
    half = tmp_path / ".certificates.new"
    half.mkdir()
    (half / "ca.crt").write_text("half")
    certificates.ensure(directory, address=ADDRESS, node="real-0")
    assert (directory / "admin.key").exists()
    assert not half.exists()


def test_a_kubeconfig_holds_all_it_needs_and_skips_no_verification(pki: Path, tmp_path: Path) -> None:
    file = tmp_path / "kubeconfig"
    write_kubeconfig(file, server=f"https://{ADDRESS}:6443", certificates=pki, identity="admin")
    document = json.loads(file.read_text())
    cluster = document["clusters"][0]["cluster"]
    assert cluster == {
        "server": f"https://{ADDRESS}:6443",
        "certificate-authority-data": base64.b64encode((pki / "ca.crt").read_bytes()).decode(),
    }
    assert file.stat().st_mode & 0o777 == 0o600
