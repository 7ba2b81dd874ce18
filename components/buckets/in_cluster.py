"""The artifact bucket on a cluster without a cloud.

The store is SeaweedFS: Apache-2.0, maintained, and its refusals are by folder. MinIO is AGPL and its open edition is no
longer released as binaries, Garage grants rights by bucket only, and Ceph wants disks of its own.
"""

from __future__ import annotations

import json
from importlib import resources
from typing import TYPE_CHECKING, Final

from components.buckets import s3_store
from components.buckets.access import BACKUPS, REGISTRY, REGISTRY_BACKUPS, AccessKey, Bucket, BucketAccess
from components.buckets.s3_store import Party
from components.kubernetes.namespace import PlatformNamespace, in_namespace, in_team_namespaces
from components.kubernetes.password import password
from components.kubernetes.workload import Container, Mount, Pod, config_volume, job, secret_volume, stateful_set

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pulumi

    from components.kubernetes.cluster import Cluster
    from components.kubernetes.objects import KubernetesObject
    from components.specs.artifact_bucket import InClusterBucketSpec

NAMESPACE: Final = "artifact-store"
S3_PORT: Final = s3_store.S3_PORT
_SETUP: Final = "bucket-setup"
_SETUP_TIMEOUT_SECONDS: Final = 600


class BucketInCluster:
    """Who has a key reads and writes below its own folder; who has none is refused everywhere."""

    def __init__(self, name: str, spec: InClusterBucketSpec, cluster: Cluster, parent: pulumi.Resource) -> None:
        self._name, self._spec, self._parent = name, spec, parent
        self._namespace = PlatformNamespace(NAMESPACE, parent, cluster, prefix=name)
        ports = {"s3": S3_PORT, "metrics": s3_store.METRICS_PORT}
        host = self._namespace.service(s3_store.APP, ports)
        self._endpoint = f"http://{host}:{S3_PORT}"
        self._let_in()

    def bucket(self, namespaces: Mapping[str, pulumi.Input[str]]) -> Bucket:
        """The bucket as others use it: it exists, keeps versions and applies its rules when `up` is done."""
        admin = self._party("admin", "")
        platform = self._party("platform", "")
        features = self._party("feature-store", "features/")
        backups = self._party("feature-backups", BACKUPS)
        registry = self._party("model-registry", REGISTRY)
        registry_backups = self._party("registry-backups", REGISTRY_BACKUPS)
        teams = {team: self._party(f"team-{team}", f"teams/{team}/") for team in namespaces}
        parties = [platform, features, backups, registry, registry_backups, *teams.values()]
        known = s3_store.identities(self._spec.name, admin, parties)
        ready = self._set_up(admin.key, self._store(known))
        self._namespace.secret("platform", self._access(platform).secret())
        accesses = {team: self._access(party) for team, party in teams.items()}
        return Bucket(
            # Known once the bucket can be used.
            endpoint=ready.urn.apply(lambda _: self._endpoint),
            name=ready.urn.apply(lambda _: self._spec.name),
            features=self._access(features),
            backups=self._access(backups),
            registry=self._access(registry),
            registry_backups=self._access(registry_backups),
            teams=accesses,
            # The store knows teams, not what their pods are for.
            models=lambda team, _: accesses[team],
        )

    def _party(self, identity: str, prefix: str) -> Party:
        return Party(AccessKey(identity, password(f"{self._name}-{identity}-key", self._parent)), prefix)

    def _access(self, party: Party) -> BucketAccess:
        return BucketAccess(self._spec.name, party.prefix, s3_store.environment(self._endpoint), party.key)

    def _let_in(self) -> None:
        callers = [in_namespace(each) for each in (NAMESPACE, "feature-store", "model-registry", "kserve")]
        self._namespace.allow(s3_store.APP, [S3_PORT], [*callers, in_team_namespaces()])
        self._namespace.allow(s3_store.APP, [s3_store.METRICS_PORT], [in_namespace("monitoring")])

    def _store(self, identities: pulumi.Output[str]) -> KubernetesObject:
        pod = s3_store.pod(self._spec, self._namespace.secret("identities", {"s3.json": identities}))
        self._namespace.account(s3_store.APP)
        body = {"spec": stateful_set(pod, "data", self._spec.storage)}
        return self._namespace.add(s3_store.APP, "apps/v1", "StatefulSet", body)

    def _set_up(self, admin: AccessKey, store: KubernetesObject) -> KubernetesObject:
        """Create the bucket and set its rules; a changed setting makes a new job."""
        program = resources.files("controllers").joinpath("bucket_setup.py").read_text()
        settings = json.dumps(s3_store.settings(self._spec))
        files = self._namespace.config("setup", {"setup.py": program, "settings.json": settings})
        credentials = self._namespace.secret("admin", {"credentials": admin.file()})
        container = Container(
            "setup",
            "feast",  # the one image of the platform with Python and AWS' client in it
            self._spec.housekeeping,
            command=("python", "/setup/setup.py", "/setup/settings.json"),
            environment={
                **s3_store.environment(self._endpoint),
                "AWS_SHARED_CREDENTIALS_FILE": "/credentials/credentials",
            },
            mounts=(Mount("/setup", "setup"), Mount("/credentials", "credentials")),
        )
        volumes = [config_volume("setup", files), secret_volume("credentials", credentials)]
        pod = Pod(_SETUP, s3_store.USER, [container], volumes=volumes, restart="OnFailure")
        self._namespace.account(_SETUP)
        body = {"spec": job(pod, retries=6, timeout_seconds=_SETUP_TIMEOUT_SECONDS)}
        return self._namespace.add("setup", "batch/v1", "Job", body, named=False, depends_on=[store])
