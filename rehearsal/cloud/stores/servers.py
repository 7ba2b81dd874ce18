"""The servers behind managed stores, with the credentials that AWS would have given them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from rehearsal.cloud.stores.pods import TLS_PORT, Server

if TYPE_CHECKING:
    from collections.abc import Mapping

POSTGRES_IMAGE: Final = "docker.io/library/postgres:18.6"
VALKEY_IMAGE: Final = "docker.io/valkey/valkey:9.1.2"
S3_IMAGE: Final = "docker.io/chrislusf/seaweedfs:4.48"

S3_PLAIN_PORT: Final = 8333
"""For the rehearsal itself, which also makes buckets and identities there."""

_POSTGRES_PORT: Final = 5432
_VALKEY_PORT: Final = 6379
_STORES_USER: Final = 999
_S3_USER: Final = 1000


def postgres(credentials: Mapping[str, str]) -> Server:
    """A database server that nobody reaches but through its own pod."""
    user = credentials["username"]
    return Server(
        image=POSTGRES_IMAGE,
        command=("docker-entrypoint.sh", "postgres", "-c", "listen_addresses=127.0.0.1"),
        user=_STORES_USER,
        port=_POSTGRES_PORT,
        data="/var/lib/postgresql",
        files={"password": credentials["password"]},
        environment={
            "POSTGRES_USER": user,
            "POSTGRES_DB": credentials.get("database") or "postgres",
            "POSTGRES_PASSWORD_FILE": "/store/password",
            "PGDATA": "/var/lib/postgresql/18/docker",
        },
        ready=_answers("pg_isready", "--host=127.0.0.1", f"--username={user}"),
    )


def valkey(credentials: Mapping[str, str]) -> Server:
    """A key-value store whose one user is the given one; without any, everybody who reaches it may do everything."""
    if credentials.get("username"):
        rights = credentials.get("access_string") or "on ~* &* +@all"
        users = f"user default off\nuser {credentials['username']} {rights} >{credentials['password']}\n"
    else:
        users = "user default on nopass ~* &* +@all\n"
    settings = f'bind 127.0.0.1\nport {_VALKEY_PORT}\ndir /data\nsave ""\naclfile /store/users.acl\n'
    return Server(
        image=VALKEY_IMAGE,
        command=("valkey-server", "/store/valkey.conf"),
        user=_STORES_USER,
        port=_VALKEY_PORT,
        data="/data",
        files={"valkey.conf": settings, "users.acl": users},
        # To who may not ask, it answers that: it runs.
        ready=_answers("sh", "-c", f"valkey-cli -h 127.0.0.1 -p {_VALKEY_PORT} ping | grep -q -e PONG -e NOAUTH"),
    )


def s3(identifier: str, secret: str, region: str) -> Server:
    """A store of objects whose administrator has this key; it speaks TLS itself."""
    rights = ["Admin", "Read", "Write", "List", "Tagging"]
    key = {"accessKey": identifier, "secretKey": secret}
    administrator = {"name": "rehearsal", "credentials": [key], "actions": rights}
    return Server(
        image=S3_IMAGE,
        command=("weed", *_SEAWEEDFS, f"-s3.domainName=s3.{region}.amazonaws.com,s3.amazonaws.com"),
        user=_S3_USER,
        port=S3_PLAIN_PORT,
        data="/data",
        files={"s3.json": json.dumps({"identities": [administrator]})},
        ready={"httpGet": {"path": "/healthz", "port": S3_PLAIN_PORT}, "periodSeconds": 1},
    )


def _answers(*command: str) -> dict[str, object]:
    return {"exec": {"command": list(command)}, "periodSeconds": 1, "timeoutSeconds": 5}


_SEAWEEDFS: Final = (
    "server",
    "-dir=/data",
    "-ip=127.0.0.1",
    "-ip.bind=127.0.0.1",
    "-filer",
    "-s3",
    "-s3.ip.bind=0.0.0.0",
    f"-s3.port={S3_PLAIN_PORT}",
    f"-s3.port.https={TLS_PORT}",
    "-s3.cert.file=/store/tls.crt",
    "-s3.key.file=/store/tls.key",
    "-s3.port.iceberg=0",
    "-s3.port.lance=0",
    "-s3.config=/store/s3.json",
    # Roles become its users while it runs.
    "-s3.iam.readOnly=false",
    "-master.telemetry=false",
    "-master.electionTimeout=1s",
    "-master.volumeSizeLimitMB=256",
    "-volume.max=0",
    "-volume.minFreeSpace=1GiB",
    "-volume.preStopSeconds=1",
)
