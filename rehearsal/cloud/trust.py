"""What EKS and AWS do to pods, done by an admission policy: credentials for their role, trust in AWS's certificates.

EKS gives the variables of Pod Identity to pods whose service account has an association; here every pod outside the
rehearsal's own namespaces gets them, and the agent refuses those that have none. A pod's images hold the authorities
that vouch for AWS itself; here a file does, which every namespace has.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from rehearsal.aws.pod_identity import ADDRESS, AUDIENCE, PATH
from rehearsal.cloud.stores import NAMESPACES
from rehearsal.cluster.admission import Mutation

if TYPE_CHECKING:
    from collections.abc import Sequence

NAME: Final = "rehearsal-aws-pods.mlplatform.dev"

_VOLUME: Final = "rehearsal-aws"
_DIRECTORY: Final = f"/var/run/secrets/{AUDIENCE}/serviceaccount"
_TOKEN: Final = "eks-pod-identity-token"  # noqa: S105  a file's name
_ROOTS: Final = f"{_DIRECTORY}/ca.crt"

VARIABLES: Final = {
    "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"http://{ADDRESS}{PATH}",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": f"{_DIRECTORY}/{_TOKEN}",
    # Of OpenSSL and Go, of botocore, of requests, of PostgreSQL's clients.
    "SSL_CERT_FILE": _ROOTS,
    "AWS_CA_BUNDLE": _ROOTS,
    "REQUESTS_CA_BUNDLE": _ROOTS,
    "PGSSLROOTCERT": _ROOTS,
}

_SOURCES: Final = [
    {"serviceAccountToken": {"audience": AUDIENCE, "expirationSeconds": 86400, "path": _TOKEN}},
    {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
]
_LISTS: Final = ("containers", "initContainers")


def mutation() -> Mutation:
    """The admission policy."""
    mounts = [{"name": _VOLUME, "mountPath": _DIRECTORY, "readOnly": True}]
    variables = [{"name": name, "value": value} for name, value in VARIABLES.items()]
    patches = [_volume()]
    for containers in _LISTS:
        for field, entries in (("volumeMounts", mounts), ("env", variables)):
            patches.append(_begin(containers, field, entries))
            patches += [_add(containers, field, entry) for entry in entries]
    return Mutation(
        NAME,
        resources=["pods"],
        operations=["CREATE"],
        conditions={"runs-linux": 'object.spec.?os.name.orValue("linux") == "linux"'},
        patches=patches,
        outside=("kube-system", *NAMESPACES.values()),
    )


def _volume() -> str:
    volume = _cel({"name": _VOLUME, "projected": {"sources": _SOURCES}})
    return f"""
!has(object.spec.volumes)
? [JSONPatch{{op: "add", path: "/spec/volumes", value: [{volume}]}}]
: object.spec.volumes.exists(volume, volume.name == "{_VOLUME}")
? []
: [JSONPatch{{op: "add", path: "/spec/volumes/-", value: {volume}}}]
"""


def _begin(containers: str, field: str, entries: Sequence[Mapping[str, object]]) -> str:
    """All entries for the containers that have none at all."""
    return (
        f"object.spec.?{containers}.orValue([]).transformList(i, container, !has(container.{field}), "
        f'JSONPatch{{op: "add", path: "/spec/{containers}/" + string(i) + "/{field}", value: {_cel(list(entries))}}})'
    )


def _add(containers: str, field: str, entry: Mapping[str, object]) -> str:
    """The entry for the containers that have none of its name: what a pod says itself stands."""
    lacks = f"has(container.{field}) && !container.{field}.exists(each, each.name == {json.dumps(entry['name'])})"
    return (
        f"object.spec.?{containers}.orValue([]).transformList(i, container, {lacks}, "
        f'JSONPatch{{op: "add", path: "/spec/{containers}/" + string(i) + "/{field}/-", value: {_cel(entry)}}})'
    )


def _cel(value: object) -> str:
    """The value in CEL, whose maps and lists must be told that they hold all kinds of things."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{json.dumps(key)}: dyn({_cel(each)})" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(f"dyn({_cel(each)})" for each in value) + "]"
    return json.dumps(value)
