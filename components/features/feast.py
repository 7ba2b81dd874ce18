"""Feast as the platform runs it: its configuration, and the pods that apply, serve and fill."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from pathlib import Path
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
    from collections.abc import Mapping, Sequence

    from components.buckets.access import BucketAccess
    from components.specs.feature_store import FeatureServer, FeatureStoreSpec
    from components.specs.size import Size

APP: Final = "feature-server"
JOBS: Final = "feature-jobs"
HTTP_PORT: Final = 6566
METRICS_PORT: Final = 8000
_USER: Final = 1001
_WAIT_SECONDS: Final = 300
_CONFIGURATION: Final = "/etc/feast/feature_store.yaml"
_PROGRAMS: Final = ("materialisation.py", "skew.py", "skew_verdicts.py", "wait_for_ports.py")
_FEAST: Final = ("feast", "--chdir=/repository", f"--feature-store-yaml={_CONFIGURATION}")


@dataclass(frozen=True)
class Sources:
    """Names of what Feast's pods are made from, and the addresses that they wait for."""

    configuration: pulumi.Input[str]
    """Secret with `feature_store.yaml`."""
    credentials: pulumi.Input[str] | None
    """Secret with the bucket's `credentials`; None where the pods have a role."""
    repository: str
    """ConfigMap with the feature definitions."""
    definitions: Sequence[str]
    """The files in it."""
    programs: str
    """ConfigMap with our own programs."""
    stores: Sequence[pulumi.Input[str]]
    """`host:port` of registry and online store."""
    bucket: BucketAccess
    """The offline store's access."""
    identities: Sequence[pulumi.Resource]
    """What gives the pods their roles; they must be started afterwards."""


def configuration(
    spec: FeatureStoreSpec,
    registry: pulumi.Output[str],
    online: pulumi.Output[str],
    offline: Mapping[str, pulumi.Input[str]],
) -> pulumi.Output[str]:
    """`feature_store.yaml`, of which JSON is a part; it holds both stores' passwords.

    Feast takes them from nowhere but this file and the environment, so the file is a Secret and the environment is not
    used. `registry` is an SQLAlchemy URL, `online` a connection string of Feast's Redis client, `offline` a section of
    its own.
    """
    return pulumi.Output.json_dumps(
        {
            "project": spec.project,
            "provider": "local",
            "registry": {
                "registry_type": "sql",
                "path": registry,
                "cache_ttl_seconds": spec.server.registry_refresh_seconds,
                "purge_feast_metadata": True,
                # Else a view answers with errors for as long as it is being filled.
                "serve_features_while_materializing": True,
                # A restarted database would else fail one request for each connection of the pool.
                "sqlalchemy_config_kwargs": {"echo": False, "pool_pre_ping": True},
            },
            "online_store": {"type": "redis", "connection_string": online},
            "offline_store": dict(offline),
            "entity_key_serialization_version": 3,
            "feature_server": {"type": "local", "metrics": {"enabled": True}},
        }
    )


def programs() -> dict[str, str]:
    """Our own programs that run in Feast's image."""
    directory = resources.files("controllers")
    return {name: directory.joinpath(name).read_text() for name in _PROGRAMS}


def definitions(repository: str | None) -> dict[str, str]:
    """The Python files of a feature repository by name; None is the example.

    Raises pulumi.RunError where the directory holds none.
    """
    root = Path(str(resources.files("components.features") / "repository"))
    directory = root if repository is None else Path(pulumi.get_root_directory()) / repository
    files = {path.name: path.read_text() for path in sorted(directory.glob("*.py"))}
    if not files:
        raise pulumi.RunError(
            f"feature_store.repository: has no feature definitions, got {repository}; "
            "give a directory with at least one *.py file, relative to the project's root"
        )
    return files


def apply_pod(sources: Sources, size: Size) -> Pod:
    """Registers the feature definitions, and removes from the registry what is no longer defined."""
    applying = _container("apply", sources, size, (*_FEAST, "apply", "--no-progress"))
    return _pod(JOBS, sources, applying, size)


def materialisation_pod(sources: Sources, size: Size, overlap_hours: int) -> Pod:
    """Fills the online store once."""
    program = ("python", "-m", "controllers.materialisation")
    arguments = (f"--config={_CONFIGURATION}", f"--overlap-hours={overlap_hours}")
    return _pod(JOBS, sources, _container("materialise", sources, size, (*program, *arguments)), size)


def skew_pod(sources: Sources, size: Size, sample: int) -> Pod:
    """Compares the online store with the offline one once."""
    # Below the feature store's own folder, but not below a view's.
    kept = pulumi.Output.concat("--result=s3://", sources.bucket.bucket, f"/{sources.bucket.prefix}checks/skew/")
    arguments = (f"--config={_CONFIGURATION}", f"--sample={sample}", kept, "--message=/dev/termination-log")
    comparing = _container("compare", sources, size, ("python", "-m", "controllers.skew", *arguments))
    return _pod(JOBS, sources, comparing, size)


def server_pod(sources: Sources, spec: FeatureServer) -> Pod:
    """Answers with feature values, and takes what is pushed."""
    serve = (
        "serve",
        "--host=0.0.0.0",
        f"--port={HTTP_PORT}",
        "--no-access-log",
        f"--registry_ttl_sec={spec.registry_refresh_seconds}",
        # By default its only worker stops after a thousand requests, and nobody answers until the next one is up.
        "--max-requests=0",
        "--max-requests-jitter=0",
    )
    serving = _container(
        "server",
        sources,
        spec.size,
        (*_FEAST, *serve),
        ports={"http": HTTP_PORT, "metrics": METRICS_PORT},
        probes={
            # It imports for ten seconds on a free core, and for a minute on a busy node.
            "startup": probe(5, 60, http_get("/health", "http")),
            "readiness": probe(5, 3, http_get("/health", "http")),
            # Not by path: without a registry it answers 503, which a restart would not mend.
            "liveness": probe(20, 6, tcp_connect("http")),
        },
    )
    return _pod(APP, sources, serving, spec.size)


def _container(
    name: str,
    sources: Sources,
    size: Size,
    command: tuple[pulumi.Input[str], ...],
    *,
    ports: dict[str, int] | None = None,
    probes: dict[str, dict[str, object]] | None = None,
) -> Container:
    # File by file: a ConfigMap that is mounted whole shows each file under two paths, and Feast reads both.
    repository = [Mount(f"/repository/{file}", "repository", file=file) for file in sources.definitions]
    key = [] if sources.credentials is None else [Mount("/etc/aws", "credentials")]
    return Container(
        name,
        "feast",
        size,
        command=command,
        environment={
            **sources.bucket.environment,
            **({"AWS_SHARED_CREDENTIALS_FILE": "/etc/aws/credentials"} if key else {}),
            "FEATURE_BUCKET": sources.bucket.bucket,
            "HOME": "/tmp",  # noqa: S108 (a volume of the pod's own)
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONPATH": "/programs",
        },
        ports=ports or {},
        mounts=(
            Mount("/etc/feast", "configuration"),
            *key,
            Mount("/programs/controllers", "programs"),
            *repository,
        ),
        probes=probes or {},
    )


def _pod(app: str, sources: Sources, container: Container, size: Size) -> Pod:
    wait = ("python", "-m", "controllers.wait_for_ports", f"--timeout-seconds={_WAIT_SECONDS}", *sources.stores)
    waiting = Container(
        "wait",
        "feast",
        size,
        command=wait,
        environment={"PYTHONPATH": "/programs"},
        mounts=(Mount("/programs/controllers", "programs"),),
    )
    serves = app == APP
    key = [] if sources.credentials is None else [secret_volume("credentials", sources.credentials)]
    return Pod(
        app,
        _USER,
        [container],
        waits=[waiting],
        volumes=[
            secret_volume("configuration", sources.configuration),
            *key,
            config_volume("programs", sources.programs),
            config_volume("repository", sources.repository),
        ],
        metrics_port=METRICS_PORT if serves else None,
        restart="Always" if serves else "OnFailure",
    )
