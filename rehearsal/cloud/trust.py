"""What EKS and AWS do to pods, done by an admission policy: credentials for their role, trust in AWS's certificates.

EKS gives the variables of Pod Identity to pods whose service account has an association; here every pod outside the
rehearsal's own namespaces gets them, and the agent refuses those that have none. A pod's images hold the authorities
that vouch for AWS itself; here a file does, which every namespace has.
"""

from __future__ import annotations

import json
from typing import Final

from rehearsal.aws.pod_identity import ADDRESS, AUDIENCE, PATH
from rehearsal.cloud.stores import NAMESPACES
from rehearsal.cluster.admission import Mutation

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
    patches = [_volume()]
    for containers in _LISTS:
        patches += [_empty(containers, field) for field in ("env", "volumeMounts")]
        mount = {"name": _VOLUME, "mountPath": _DIRECTORY, "readOnly": True}
        patches.append(_add(containers, "volumeMounts", "name", mount))
        patches += [
            _add(containers, "env", "name", {"name": name, "value": value}) for name, value in VARIABLES.items()
        ]
    return Mutation(
        NAME,
        resources=["pods"],
        operations=["CREATE"],
        conditions={"runs-linux": 'object.spec.?os.name.orValue("linux") == "linux"'},
        patches=patches,
        outside=("kube-system", *NAMESPACES.values()),
    )


def _volume() -> str:
    volume = json.dumps({"name": _VOLUME, "projected": {"sources": _SOURCES}})
    return f"""
!has(object.spec.volumes)
? [JSONPatch{{op: "add", path: "/spec/volumes", value: [{volume}]}}]
: object.spec.volumes.exists(volume, volume.name == "{_VOLUME}")
? []
: [JSONPatch{{op: "add", path: "/spec/volumes/-", value: {volume}}}]
"""


def _empty(containers: str, field: str) -> str:
    """An empty list for the containers that have none."""
    return (
        f"object.spec.?{containers}.orValue([]).transformList(i, container, !has(container.{field}), "
        f'JSONPatch{{op: "add", path: "/spec/{containers}/" + string(i) + "/{field}", value: []}})'
    )


def _add(containers: str, field: str, key: str, entry: dict[str, object]) -> str:
    """The entry for the containers that have none of its key: what a pod says itself stands."""
    return (
        f"object.spec.?{containers}.orValue([]).transformList(i, container, "
        f"!container.{field}.exists(each, each.{key} == {json.dumps(entry[key])}), "
        f'JSONPatch{{op: "add", path: "/spec/{containers}/" + string(i) + "/{field}/-", value: {json.dumps(entry)}}})'
    )
