"""The certificates of one rehearsal: four authorities, and one identity for each program.

Every connection inside a rehearsal is verified on both sides. The cluster's authority, etcd's and the one of the
aggregation layer are apart, so that an identity of the cluster opens neither etcd nor the front proxy. The fourth
vouches for AWS's host names to pods.
"""

from __future__ import annotations

import datetime
import ipaddress
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from rehearsal.files import write
from rehearsal.kubernetes import ROOTS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

AWS = "aws-ca"
"""The authority that vouches for AWS's host names."""

_ONE_HOUR = datetime.timedelta(hours=1)
_LIFETIME = datetime.timedelta(days=3650)
"""A rehearsal's certificates live as long as its directory; nobody renews them."""


@dataclass(frozen=True)
class Identity:
    """What a certificate says of its holder: names and addresses make it a server's, otherwise a client's."""

    file: str
    common_name: str
    organization: str = ""
    names: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()


class Authority:
    """A certificate authority whose certificate and key lie in ``<directory>/<file>.crt`` and ``.key``."""

    def __init__(self, directory: Path, file: str, key: ec.EllipticCurvePrivateKey) -> None:
        self._directory = directory
        self._key = key
        self._name = _name(f"mlplatform rehearsal {file}", "")
        self._identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())

    @classmethod
    def make(cls, directory: Path, file: str) -> Authority:
        """A new one."""
        key = ec.generate_private_key(ec.SECP256R1())
        authority = cls(directory, file, key)
        certificate = (
            _builder(authority._name, authority._name, key)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(_usage(signs_certificates=True), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .sign(key, hashes.SHA256())
        )
        _store(directory, file, certificate, key)
        return authority

    @classmethod
    def load(cls, directory: Path, file: str) -> Authority:
        """The one that lies there."""
        key = serialization.load_pem_private_key((directory / f"{file}.key").read_bytes(), password=None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise TypeError(f"{file}.key is of a kind that is not made here")
        return cls(directory, file, key)

    def issue(self, identity: Identity) -> None:
        """Write the certificate and key of this identity."""
        _store(self._directory, identity.file, *self._vouch(identity))

    def pair(self, identity: Identity) -> tuple[bytes, bytes]:
        """A certificate and key of this identity in PEM, kept nowhere."""
        certificate, key = self._vouch(identity)
        return certificate.public_bytes(serialization.Encoding.PEM), _private(key)

    def _vouch(self, identity: Identity) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
        key = ec.generate_private_key(ec.SECP256R1())
        builder = _builder(_name(identity.common_name, identity.organization), self._name, key)
        alternatives = [
            *(x509.DNSName(name) for name in identity.names),
            *(x509.IPAddress(ipaddress.ip_address(address)) for address in identity.addresses),
        ]
        purposes = [ExtendedKeyUsageOID.CLIENT_AUTH]
        if alternatives:
            # etcd calls itself with the certificate that it serves with.
            purposes.append(ExtendedKeyUsageOID.SERVER_AUTH)
            builder = builder.add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        certificate = (
            builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs_certificates=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
            .add_extension(self._identifier, critical=False)
            .sign(self._key, hashes.SHA256())
        )
        return certificate, key


def ensure(directory: Path, *, address: str, node: str) -> None:
    """Write all authorities and identities of a rehearsal at that address, unless they are there.

    The directory is complete or not there at all.
    """
    if directory.exists():
        return
    fresh = directory.with_name(f".{directory.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(mode=0o700)
    cluster = Authority.make(fresh, "ca")
    for identity in cluster_identities(address, node):
        cluster.issue(identity)
    Authority.make(fresh, "front-proxy-ca").issue(Identity("front-proxy-client", "front-proxy-client"))
    etcd = Authority.make(fresh, "etcd-ca")
    etcd.issue(Identity("etcd", "etcd", names=("localhost",), addresses=("127.0.0.1",)))
    etcd.issue(Identity("etcd-client", "kube-apiserver"))
    Authority.make(fresh, AWS)
    write(fresh / ROOTS, b"".join((fresh / f"{file}.crt").read_bytes() for file in ("ca", AWS)))
    _store_signing_key(fresh)
    fresh.rename(directory)


def cluster_identities(address: str, node: str) -> Sequence[Identity]:
    """Who the cluster's authority vouches for."""
    service = ("kubernetes", "kubernetes.default", "kubernetes.default.svc")
    names = (*service, "kubernetes.default.svc.cluster.local", "localhost")
    return (
        Identity("kube-apiserver", "kube-apiserver", names=names, addresses=("10.96.0.1", "127.0.0.1", address)),
        Identity("kubelet-server", f"system:node:{node}", "system:nodes", names=(node,), addresses=(address,)),
        Identity("kube-apiserver-kubelet-client", "kube-apiserver-kubelet-client"),
        Identity("admin", "admin", "system:masters"),
        Identity("kube-controller-manager", "system:kube-controller-manager"),
        Identity("kube-scheduler", "system:kube-scheduler"),
        Identity("kubelet", f"system:node:{node}", "system:nodes"),
        Identity("kube-proxy", "system:kube-proxy"),
        Identity("kwok", "mlplatform:kwok"),
        Identity("cert-stand-in", "mlplatform:cert-stand-in"),
        Identity("volume-stand-in", "mlplatform:volume-stand-in"),
        Identity("aws-pod-identity", "mlplatform:aws-pod-identity"),
        Identity("karpenter-mirror", "mlplatform:karpenter-mirror"),
        Identity("aws-authenticator", "aws-authenticator", addresses=("127.0.0.1",)),
        Identity("aws-authenticator-client", "mlplatform:aws-authenticator-client"),
    )


def _builder(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _ONE_HOUR)
        .not_valid_after(now + _LIFETIME)
    )


def _name(common_name: str, organization: str) -> x509.Name:
    parts = [x509.NameAttribute(NameOID.COMMON_NAME, common_name)]
    if organization:
        parts.insert(0, x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization))
    return x509.Name(parts)


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _store(directory: Path, file: str, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> None:
    write(directory / f"{file}.crt", certificate.public_bytes(serialization.Encoding.PEM))
    write(directory / f"{file}.key", _private(key), mode=0o600)


def _store_signing_key(directory: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    write(directory / "service-accounts.key", _private(key), mode=0o600)
    write(directory / "service-accounts.pub", public)


def _private(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
