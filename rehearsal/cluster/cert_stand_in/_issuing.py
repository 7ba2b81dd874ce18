"""Keys and certificates as cert-manager's Certificate objects ask for them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

if TYPE_CHECKING:
    from collections.abc import Mapping

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey

DEFAULT_DURATION = timedelta(hours=2160)

_FIELDS = {
    *("secretName", "secretTemplate", "issuerRef", "revisionHistoryLimit", "privateKey", "isCA"),
    *("commonName", "dnsNames", "ipAddresses", "subject", "usages", "duration", "renewBefore"),
}
_KEY_USAGES = {
    "digital signature": "digital_signature",
    "key encipherment": "key_encipherment",
    "cert sign": "key_cert_sign",
    "crl sign": "crl_sign",
}
_EXTENDED_USAGES = {
    "server auth": ExtendedKeyUsageOID.SERVER_AUTH,
    "client auth": ExtendedKeyUsageOID.CLIENT_AUTH,
}
_CURVES: Mapping[int, type[ec.EllipticCurve]] = {256: ec.SECP256R1, 384: ec.SECP384R1, 521: ec.SECP521R1}


@dataclass(frozen=True)
class Issued:
    """A key, its certificate and the certificate of who signed it, in PEM: what a TLS Secret holds."""

    certificate: bytes
    key: bytes
    authority: bytes


@dataclass(frozen=True)
class Authority:
    """Who signs: a certificate and its key, in PEM."""

    certificate: bytes
    key: bytes


def unanswered(spec: Mapping[str, Any]) -> list[str]:
    """What a Certificate's spec asks for that is not done here, as paths below ``spec``."""
    fields = sorted(spec.keys() - _FIELDS)
    subject = [f"subject.{field}" for field in sorted(spec.get("subject", {}).keys() - {"organizations"})]
    usages = [
        f"usages: {usage}"
        for usage in spec.get("usages", [])
        if usage not in _KEY_USAGES and usage not in _EXTENDED_USAGES
    ]
    return [*fields, *subject, *usages]


def issue(spec: Mapping[str, Any], authority: Authority | None = None) -> Issued:
    """A new key and its certificate for a Certificate's spec, signed by the authority or by the key itself."""
    key = _new_key(spec.get("privateKey", {}))
    subject = _subject(spec)
    if authority is None:
        issuer, signer = subject, key
    else:
        issuer = x509.load_pem_x509_certificate(authority.certificate).subject
        signer = _signing_key(authority.key)
    now = datetime.now(UTC).replace(microsecond=0)
    builder = (
        x509.CertificateBuilder(subject_name=subject, issuer_name=issuer, public_key=key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + duration(spec.get("duration"), DEFAULT_DURATION))
    )
    for extension, critical in _extensions(spec, key, signer):
        builder = builder.add_extension(extension, critical)
    algorithm = None if isinstance(signer, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    certificate = builder.sign(signer, algorithm).public_bytes(serialization.Encoding.PEM)
    return Issued(certificate, _encoded(key, spec), authority.certificate if authority else certificate)


def validity(certificate: bytes) -> tuple[datetime, datetime]:
    """From when and until when a certificate in PEM is valid; ``ValueError`` when it is none."""
    loaded = x509.load_pem_x509_certificate(certificate)
    return loaded.not_valid_before_utc, loaded.not_valid_after_utc


def duration(text: str | None, default: timedelta) -> timedelta:
    """A duration as Kubernetes writes it, such as ``2160h`` or ``1h30m0s``."""
    if text is None:
        return default
    parts = {unit: float(number) for number, unit in re.findall(r"([\d.]+)(h|m|s)", text)}
    return timedelta(hours=parts.get("h", 0), minutes=parts.get("m", 0), seconds=parts.get("s", 0))


def _new_key(asked: Mapping[str, Any]) -> PrivateKey:
    match asked.get("algorithm", "RSA"):
        case "ECDSA":
            return ec.generate_private_key(_CURVES[asked.get("size", 256)]())
        case "Ed25519":
            return ed25519.Ed25519PrivateKey.generate()
        case _:
            return rsa.generate_private_key(public_exponent=65537, key_size=asked.get("size", 2048))


def _signing_key(pem: bytes) -> PrivateKey:
    key = serialization.load_pem_private_key(pem, password=None)
    if not isinstance(key, PrivateKey):
        raise TypeError(f"a {type(key).__name__} signs no certificate here")
    return key


def _encoded(key: PrivateKey, spec: Mapping[str, Any]) -> bytes:
    traditional = spec.get("privateKey", {}).get("encoding", "PKCS1") == "PKCS1"
    if traditional and not isinstance(key, ed25519.Ed25519PrivateKey):
        form = serialization.PrivateFormat.TraditionalOpenSSL
    else:
        form = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())


def _subject(spec: Mapping[str, Any]) -> x509.Name:
    organizations = spec.get("subject", {}).get("organizations", [])
    names = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, each) for each in organizations]
    if "commonName" in spec:
        names.append(x509.NameAttribute(NameOID.COMMON_NAME, spec["commonName"]))
    return x509.Name(names)


def _extensions(spec: Mapping[str, Any], key: PrivateKey, signer: PrivateKey) -> list[tuple[x509.ExtensionType, bool]]:
    """The extensions of a certificate, each with whether it is critical."""
    is_authority = spec.get("isCA", False)
    usages = set(spec.get("usages", ["digital signature", "key encipherment"]))
    if is_authority:
        usages.add("cert sign")
    extensions: list[tuple[x509.ExtensionType, bool]] = [
        (x509.BasicConstraints(ca=is_authority, path_length=None), True),
        (_key_usage(usages), True),
        (x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False),
        (x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), False),
    ]
    if extended := [_EXTENDED_USAGES[usage] for usage in sorted(usages & _EXTENDED_USAGES.keys())]:
        extensions.append((x509.ExtendedKeyUsage(extended), False))
    names: list[x509.GeneralName] = [x509.DNSName(name) for name in spec.get("dnsNames", [])]
    names += [x509.IPAddress(ip_address(each)) for each in spec.get("ipAddresses", [])]
    if names:
        extensions.append((x509.SubjectAlternativeName(names), False))
    return extensions


def _key_usage(usages: set[str]) -> x509.KeyUsage:
    asked = {argument: usage in usages for usage, argument in _KEY_USAGES.items()}
    return x509.KeyUsage(
        **asked,
        content_commitment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
