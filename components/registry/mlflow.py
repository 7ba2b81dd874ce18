"""MLflow as the platform runs it: everybody signs in, artifacts go through the server, jobs run elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING, Final

import pulumi

from components.kubernetes.workload import (
    Container,
    Mount,
    Pod,
    config_volume,
    http_get,
    probe,
    secret_volume,
    tcp_connect,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from components.buckets.access import BucketAccess
    from components.kubernetes.workload import Manifest
    from components.specs.model_registry import RegistryServer
    from components.specs.size import Size
    from components.stores.store import Store

APP: Final = "mlflow"
JOBS: Final = "registry-jobs"
PORT: Final = 5000
ADMIN: Final = "admin"
_USER: Final = 1000
_WAIT_SECONDS: Final = 300
_PROGRAMS: Final = ("registry_accounts.py", "registry_schema.py", "wait_for_ports.py")
_SIGN_IN: Final = """\
[mlflow]
authorization_function = mlflow.server.auth:authenticate_request_basic_auth
default_permission = NO_PERMISSIONS
grant_default_workspace_access = false
database_uri = {0}
admin_username = {1}
admin_password = {2}
"""
"""Who has no role in a workspace has no rights in it; nobody has one in the workspace of those who name none."""
# MLflow takes these from its environment alone: the shell that becomes it reads them from a file.
_WITH_SECRETS: Final = ("sh", "-c", 'set -a; . /etc/mlflow/environment; set +a; exec "$0" "$@"')
_ENVIRONMENT: Final = {
    "MLFLOW_AUTH_CONFIG_PATH": "/etc/mlflow/sign-in.ini",
    # Evaluations that MLflow would run by itself; its processes for them take more than a gibibyte.
    "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
    # It would send statistics to its makers.
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "GIT_PYTHON_REFRESH": "quiet",
    "HOME": "/tmp",  # noqa: S108 (a volume of the pod's own)
    "PYTHONDONTWRITEBYTECODE": "1",
}
# The store's name in the cluster's DNS has no names below it, one a bucket, as S3's own has.
_WITH_KEY: Final = {
    "AWS_SHARED_CREDENTIALS_FILE": "/etc/aws/credentials",
    "MLFLOW_BOTO_CLIENT_ADDRESSING_STYLE": "path",
}


@dataclass(frozen=True)
class Sources:
    """What MLflow's pods are made from."""

    secrets: pulumi.Input[str]
    """Secret with the files of `secrets`."""
    credentials: pulumi.Input[str] | None
    """Secret with the bucket's `credentials`; None where the pods have a role."""
    programs: str
    """ConfigMap with our own programs."""
    database: pulumi.Input[str]
    """`host:port` of the database."""
    bucket: BucketAccess
    """The folder of artifacts."""
    host: str
    """The server's name inside the cluster."""


def secrets(
    database: Store, admin: pulumi.Output[str], session_key: pulumi.Output[str]
) -> dict[str, pulumi.Input[str]]:
    """What MLflow is told in secret. Users and their rights are in the same database as all else."""
    lines = "MLFLOW_BACKEND_STORE_URI='{0}'\nMLFLOW_FLASK_SERVER_SECRET_KEY='{1}'\n"
    return {
        "environment": pulumi.Output.format(lines, database.connection, session_key),
        "sign-in.ini": pulumi.Output.format(_SIGN_IN, database.connection, ADMIN, admin),
    }


def programs() -> dict[str, str]:
    """Our own programs that run in MLflow's image."""
    directory = resources.files("controllers")
    return {name: directory.joinpath(name).read_text() for name in _PROGRAMS}


def schema_pod(sources: Sources, size: Size) -> Pod:
    """A pod that brings the database to this version's schema, and ends."""
    migrating = Container(
        "schema",
        "mlflow",
        size,
        command=(*_WITH_SECRETS, "python3", "/programs/registry_schema.py"),
        environment=_ENVIRONMENT,
        mounts=(Mount("/etc/mlflow", "secrets"), Mount("/programs", "programs")),
    )
    return _job(sources, migrating, sources.database, secret_volume("secrets", sources.secrets))


def accounts_pod(sources: Sources, accounts: pulumi.Input[str], prefix: str, size: Size) -> Pod:
    """A pod that settles users, workspaces and roles as the Secret `accounts` says, and ends."""
    program = ("python3", "/programs/registry_accounts.py")
    settling = Container(
        "accounts",
        "mlflow",
        size,
        command=(*program, f"--server=http://{sources.host}:{PORT}", f"--prefix={prefix}", "/accounts/accounts.json"),
        environment={"PYTHONDONTWRITEBYTECODE": "1"},
        mounts=(Mount("/accounts", "accounts"), Mount("/programs", "programs")),
    )
    return _job(sources, settling, f"{sources.host}:{PORT}", secret_volume("accounts", accounts))


def server_pod(sources: Sources, spec: RegistryServer) -> Pod:
    """One copy of the server."""
    bucket = sources.bucket
    folder = pulumi.Output.concat("--artifacts-destination=s3://", bucket.bucket, f"/{bucket.prefix.rstrip('/')}")
    key = [] if sources.credentials is None else [secret_volume("credentials", sources.credentials)]
    server = Container(
        "server",
        "mlflow",
        spec.size,
        command=[
            *(*_WITH_SECRETS, "mlflow", "server", "--host=0.0.0.0", f"--port={PORT}", f"--workers={spec.workers}"),
            *("--app-name=basic-auth", "--enable-workspaces", "--serve-artifacts", folder),
            f"--allowed-hosts={','.join(_names(sources.host, spec.hosts))}",
        ],
        environment={
            **_ENVIRONMENT,
            **bucket.environment,
            **(_WITH_KEY if key else {}),
            # Where a file lies that is on its way to the bucket or from it.
            "TMPDIR": "/scratch",
        },
        ports={"http": PORT},
        mounts=(
            Mount("/etc/mlflow", "secrets"),
            Mount("/scratch", "scratch", writable=True),
            *([Mount("/etc/aws", "credentials")] if key else []),
        ),
        probes={
            # It imports for twenty seconds on a free core, and for more than a minute on a busy node.
            "startup": probe(3, 100, http_get("/health", "http")),
            "readiness": probe(5, 3, http_get("/health", "http")),
            "liveness": probe(20, 6, tcp_connect("http")),
        },
    )
    scratch: Manifest = {"name": "scratch", "emptyDir": {"sizeLimit": f"{spec.scratch_gib}Gi"}}
    volumes = [secret_volume("secrets", sources.secrets), scratch, *key]
    return Pod(APP, _USER, [server], volumes=volumes, grace_seconds=60)


def _names(host: str, others: Sequence[str]) -> list[str]:
    """Hosts that requests may name, with whatever port: a page elsewhere that a browser was lured to names another."""
    own = [host, f"{host}.cluster.local", "localhost", "127.0.0.1"]
    return [*own, *(f"{each}:*" for each in own), *others]


def _job(sources: Sources, container: Container, waits_for: pulumi.Input[str], secret: Manifest) -> Pod:
    wait = ("python3", "/programs/wait_for_ports.py", f"--timeout-seconds={_WAIT_SECONDS}", waits_for)
    waiting = Container("wait", "mlflow", container.size, command=wait, mounts=(Mount("/programs", "programs"),))
    volumes = [secret, config_volume("programs", sources.programs)]
    return Pod(JOBS, _USER, [container], waits=[waiting], volumes=volumes, restart="OnFailure")
