"""A component's own PostgreSQL database: on the cluster, with backups in the bucket, or on AWS, which keeps its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from components.aws.identity import pod_identity
from components.aws.place import place_of
from components.kubernetes.password import password
from components.specs.database import InClusterDatabase
from components.stores import database_backup, in_cluster, postgres

if TYPE_CHECKING:
    import pulumi

    from components.buckets.access import BucketAccess
    from components.kubernetes.cluster import Cluster
    from components.kubernetes.namespace import PlatformNamespace
    from components.specs.database import Backup, Database
    from components.specs.storage import Storage
    from components.stores.store import Store


@dataclass(frozen=True)
class Owner:
    """The component whose database it is."""

    name: str
    """The component's own name, with which the names of its resources begin."""
    section: str
    """The key of the stack file that chooses the database, for whoever chose what cannot be had."""
    namespace: PlatformNamespace
    cluster: Cluster
    backups: BucketAccess
    """Where backups of a database on the cluster go."""
    parent: pulumi.Resource


def database(owner: Owner, spec: Database, *, label: str, purpose: str, name: str) -> Store:
    """A database called `name`, and a user of the same name; its connection is an SQLAlchemy URL.

    `label` tells its resources from others of the owner, `purpose` those on AWS from others of the stack.
    """
    resource = f"{owner.name}-{label}"
    secret = password(f"{resource}-password", owner.parent)
    if isinstance(spec, InClusterDatabase):
        mounted = owner.namespace.secret(label, {"password": secret})
        pod = postgres.pod(name, mounted, spec.size)
        host = in_cluster.run(owner.namespace, pod, spec.storage, {"postgres": postgres.PORT})
        if spec.backup is not None:
            service = database_backup.service_file(name, host, secret)
            _back_up(owner, spec.backup, spec.storage, owner.namespace.secret(f"{label}-service", _service(service)))
        return postgres.store(name, host, secret)
    from components.stores.aurora import Aurora

    place = place_of(owner.cluster.aws, owner.section)
    return Aurora(resource, spec, place, purpose=purpose, database=name, password=secret, parent=owner.parent).store


def _service(file: pulumi.Output[str]) -> dict[str, pulumi.Input[str]]:
    return {"pg_service.conf": file}


def _back_up(owner: Owner, spec: Backup, storage: Storage, service: pulumi.Output[str]) -> None:
    """Backups, and the drill that tries them, on schedule."""
    bucket, namespace = owner.backups, owner.namespace
    namespace.account(database_backup.APP)
    made = database_backup.DatabaseBackup(
        spec,
        service=service,
        credentials=None if bucket.key is None else namespace.secret("backups", {"credentials": bucket.key.file()}),
        programs=namespace.config("backup-programs", database_backup.programs()),
        bucket=bucket,
        storage_gib=storage.gib,
    )
    identity = _identity(owner)
    for name, schedule in ((database_backup.APP, made.backup()), (database_backup.DRILL, made.drill())):
        namespace.add(name, "batch/v1", "CronJob", {"spec": schedule}, depends_on=identity)


def _identity(owner: Owner) -> list[pulumi.Resource]:
    """The role of the backups' pods; none where the bucket knows pods by a key."""
    if not owner.backups.rights:
        return []
    role = pod_identity(
        f"{owner.name}-{database_backup.APP}",
        place_of(owner.cluster.aws, "artifact_bucket"),
        namespace=owner.namespace.name,
        service_account=database_backup.APP,
        statements=owner.backups.rights,
        description=f"{owner.name}: backups of the database",
        parent=owner.parent,
    )
    return [role]
