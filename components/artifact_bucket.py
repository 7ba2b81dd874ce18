"""An S3 bucket on a cluster without a cloud, with a folder for each team that no other team reaches.

The store is SeaweedFS: Apache-2.0, maintained, and its refusals are by folder. MinIO is AGPL and its open edition is no
longer released as binaries, Garage grants rights by bucket only, and Ceph wants disks of its own.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING, Final

import pulumi

from components import _s3_store
from components._namespace import PlatformNamespace, in_namespace, in_team_namespaces
from components._password import password
from components._s3_store import BucketAccess
from components._workload import Container, Mount, Pod, config_volume, job, secret_volume, stateful_set

if TYPE_CHECKING:
    from collections.abc import Mapping

    from components._objects import KubernetesObject
    from components.cluster import Cluster
    from components.specs.artifact_bucket import ArtifactBucketSpec

NAMESPACE: Final = "artifact-store"
S3_PORT: Final = _s3_store.S3_PORT
TEAM_SECRET: Final = "artifact-bucket"  # noqa: S105 (the name of a Secret, not what is in it)
_SETUP: Final = "bucket-setup"
_SETUP_TIMEOUT_SECONDS: Final = 600


@dataclass(frozen=True)
class ArtifactBucketArgs:
    """Inputs of an ArtifactBucket."""

    spec: ArtifactBucketSpec
    """What the stack file says about the bucket."""
    cluster: Cluster
    """Where it runs."""
    namespaces: Mapping[str, pulumi.Input[str]]
    """The namespace of each team, by the team's name; the team's credentials are put there."""


class ArtifactBucket(pulumi.ComponentResource):
    """One bucket that exists, keeps versions and applies its lifecycle rules when `up` is done. A team reads and writes
    `teams/<team>/` and is refused everywhere else; who has no credentials is refused everywhere."""

    endpoint: pulumi.Output[str]
    """Address of the S3 store inside the cluster."""
    bucket: pulumi.Output[str]
    """The bucket's name."""
    team_secrets: pulumi.Output[dict[str, str]]
    """The Secret with each team's credentials, as `namespace/name`, by the team's name."""
    features: BucketAccess
    """The feature store's access, to `features/`."""

    def __init__(self, name: str, args: ArtifactBucketArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("mlplatform:index:ArtifactBucket", name, None, opts)
        self._name, self._args = name, args
        self._namespace = PlatformNamespace(NAMESPACE, self, args.cluster, prefix=name)
        ports = {"s3": S3_PORT, "metrics": _s3_store.METRICS_PORT}
        host = self._namespace.service(_s3_store.APP, ports)
        self._endpoint = f"http://{host}:{S3_PORT}"
        self._let_in()
        admin = self._access("admin", "")
        platform = self._access("platform", "")
        self.features = self._access("feature-store", "features/")
        teams = {team: self._access(f"team-{team}", f"teams/{team}/") for team in args.namespaces}
        store = self._store(_s3_store.identities(admin, [platform, self.features, *teams.values()]))
        ready = self._set_up(admin, store)
        self._namespace.secret("platform", platform.secret())
        self.team_secrets = pulumi.Output.all(**{team: self._hand_over(team, teams[team]) for team in teams})
        # Known once the bucket can be used.
        self.endpoint = ready.urn.apply(lambda _: self._endpoint)
        self.bucket = ready.urn.apply(lambda _: args.spec.name)
        self.register_outputs({"endpoint": self.endpoint, "bucket": self.bucket, "team_secrets": self.team_secrets})

    def _access(self, identity: str, prefix: str) -> BucketAccess:
        secret_key = password(f"{self._name}-{identity}-key", self)
        return BucketAccess(self._endpoint, self._args.spec.name, prefix, identity, secret_key)

    def _let_in(self) -> None:
        callers = [in_namespace(each) for each in (NAMESPACE, "feature-store", "kserve")]
        self._namespace.allow(_s3_store.APP, [S3_PORT], [*callers, in_team_namespaces()])
        self._namespace.allow(_s3_store.APP, [_s3_store.METRICS_PORT], [in_namespace("monitoring")])

    def _store(self, identities: pulumi.Output[str]) -> KubernetesObject:
        spec = self._args.spec
        pod = _s3_store.pod(spec, self._namespace.secret("identities", {"s3.json": identities}))
        self._namespace.account(_s3_store.APP)
        body = {"spec": stateful_set(pod, "data", spec.storage)}
        return self._namespace.add(_s3_store.APP, "apps/v1", "StatefulSet", body)

    def _set_up(self, admin: BucketAccess, store: KubernetesObject) -> KubernetesObject:
        """Create the bucket and set its rules; a changed setting makes a new job."""
        program = resources.files("controllers").joinpath("bucket_setup.py").read_text()
        settings = json.dumps(_s3_store.settings(self._args.spec))
        files = self._namespace.config("setup", {"setup.py": program, "settings.json": settings})
        credentials = self._namespace.secret("admin", {"credentials": admin.credentials()})
        container = Container(
            "setup",
            "feast",  # the one image of the platform with Python and AWS' client in it
            self._args.spec.housekeeping,
            command=("python", "/setup/setup.py", "/setup/settings.json"),
            environment={**admin.environment(), "AWS_SHARED_CREDENTIALS_FILE": "/credentials/credentials"},
            mounts=(Mount("/setup", "setup"), Mount("/credentials", "credentials")),
        )
        volumes = [config_volume("setup", files), secret_volume("credentials", credentials)]
        pod = Pod(_SETUP, _s3_store.USER, [container], volumes=volumes, restart="OnFailure")
        self._namespace.account(_SETUP)
        body = {"spec": job(pod, retries=6, timeout_seconds=_SETUP_TIMEOUT_SECONDS)}
        return self._namespace.add("setup", "batch/v1", "Job", body, named=False, depends_on=[store])

    def _hand_over(self, team: str, access: BucketAccess) -> pulumi.Output[str]:
        metadata = {"name": TEAM_SECRET, "namespace": self._args.namespaces[team]}
        manifest = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": access.secret()}
        return self._namespace.elsewhere(f"team-{team}-credentials", manifest).id
