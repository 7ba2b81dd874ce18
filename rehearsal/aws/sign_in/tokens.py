"""Tokens of EKS: a request to STS, signed for one cluster; who signed it is whom the token stands for.

As `aws eks get-token` and aws-iam-authenticator have them. STS itself is not asked for the signer: it would have to
be believed, while the signature is checked here against the keys of the rehearsal.
"""

from __future__ import annotations

import base64
import configparser
import datetime
import hmac
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from botocore.auth import SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

VALID_FOR: Final = datetime.timedelta(minutes=15)
"""How long EKS takes a token."""

_PREFIX: Final = "k8s-aws-v1."
_LONGEST: Final = 4096
_CLUSTER_HEADER: Final = "x-k8s-aws-id"
_TIME: Final = "%Y%m%dT%H%M%SZ"
_URL_SECONDS: Final = 60


class TokenError(Exception):
    """The token is not one that EKS would take; the message says why, and nothing of the token."""


@dataclass(frozen=True)
class Keys:
    """The access key with which an identity signs."""

    identifier: str
    secret: str = field(repr=False)

    @classmethod
    def read(cls, file: Path) -> Keys:
        """The default profile of a credentials file of AWS' tools."""
        parser = configparser.ConfigParser(interpolation=None)
        parser.read_string(file.read_text())
        profile = parser["default"]
        return cls(profile["aws_access_key_id"], profile["aws_secret_access_key"])

    def signer(self, region: str) -> SigV4QueryAuth:
        """What signs requests to STS of that region."""
        return SigV4QueryAuth(Credentials(self.identifier, self.secret), "sts", region, expires=_URL_SECONDS)


def make(cluster: str, region: str, keys: Keys) -> str:
    """A token for the cluster of that name, valid from now on."""
    asked = urlencode({"Action": "GetCallerIdentity", "Version": "2011-06-15"})
    request = AWSRequest("GET", f"https://sts.{region}.amazonaws.com/?{asked}", headers={_CLUSTER_HEADER: cluster})
    keys.signer(region).add_auth(request)
    return _PREFIX + base64.urlsafe_b64encode(request.url.encode()).decode().rstrip("=")


def verify(token: str, clusters: Iterable[str], keys: Keys, now: datetime.datetime) -> str:
    """The one of the clusters for which these keys signed the token; TokenError if none, or if it is too old."""
    if not token.startswith(_PREFIX):
        raise TokenError("it is no token of EKS")
    if len(token) > _LONGEST:
        raise TokenError(f"it is longer than {_LONGEST} characters")
    url = _decoded(token.removeprefix(_PREFIX))
    query = dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))
    _check_request(query)
    _check_age(query["X-Amz-Date"], now)
    for cluster in clusters:
        if hmac.compare_digest(_signature(url, query, cluster, keys).encode(), query["X-Amz-Signature"].encode()):
            return cluster
    raise TokenError("it was not signed by this rehearsal's identity for a cluster of this account")


def _decoded(text: str) -> str:
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode("ascii")
    except ValueError:
        raise TokenError("it cannot be decoded") from None


def _check_request(query: dict[str, str]) -> None:
    for needed in ("X-Amz-Credential", "X-Amz-Date", "X-Amz-Signature", "X-Amz-SignedHeaders"):
        if needed not in query:
            raise TokenError(f"it lacks {needed}")
    if query.get("Action") != "GetCallerIdentity":
        raise TokenError("it asks for something else than who signed it")
    # What is not signed could have been put there by anyone: a token for one cluster would open every other one.
    if _CLUSTER_HEADER not in query["X-Amz-SignedHeaders"].split(";"):
        raise TokenError("it is not signed for a cluster")


def _check_age(signed: str, now: datetime.datetime) -> None:
    try:
        age = now - datetime.datetime.strptime(signed, _TIME).replace(tzinfo=datetime.UTC)
    except ValueError:
        raise TokenError("its X-Amz-Date is no time") from None
    if not -VALID_FOR < age < VALID_FOR:
        raise TokenError("it has expired")


def _signature(url: str, query: dict[str, str], cluster: str, keys: Keys) -> str:
    """What the URL's signature would have to be."""
    parts = urlsplit(url)
    signed = "&".join(each for each in parts.query.split("&") if not each.startswith("X-Amz-Signature="))
    request: Any = AWSRequest("GET", urlunsplit(parts._replace(query=signed)), headers={_CLUSTER_HEADER: cluster})
    request.context["timestamp"] = query["X-Amz-Date"]
    scope = query["X-Amz-Credential"].split("/")
    signer = keys.signer(scope[2] if len(scope) > 2 else "")
    return str(signer.signature(signer.string_to_sign(request, signer.canonical_request(request)), request))
