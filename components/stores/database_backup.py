"""Backups of a registry's database into the artifact bucket, and the drill that restores them, on schedule."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING, Final

import pulumi

from components.kubernetes.workload import Container, Mount, Pod, config_volume, job, secret_volume
from components.stores.postgres import PORT

if TYPE_CHECKING:
    from components.buckets.access import BucketAccess
    from components.kubernetes.workload import Manifest
    from components.specs.database import Backup

APP: Final = "registry-backup"
DRILL: Final = "registry-drill"
_USER: Final = 999
"""The user that PostgreSQL's image knows; its programs refuse one without a name."""
_WORK: Final = "/work"
_PROGRAMS: Final = ("database_backup.py", "dump.py")
_TIMEOUT_SECONDS: Final = 1800
# A dump in SQL and packed, a database made from it and its indices, and a second dump.
_WORK_TIMES_STORAGE: Final = 4
_RESTORE: Final = f"""\
set -eu
cd {_WORK}
[ -f backup.sql ] || exit 0 # the report says why
initdb --pgdata=data --username=drill --encoding=UTF8 --locale=C --auth=trust --no-sync >/dev/null
pg_ctl start --pgdata=data --silent --log=server.log --options="-c listen_addresses='' -k {_WORK} -c fsync=off"
trap 'pg_ctl stop --pgdata=data --silent --mode=fast' EXIT
export PGHOST={_WORK} PGUSER=drill
createdb restored
psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --single-transaction --file=backup.sql restored \
    >/dev/null 2>restore.log || exit 0
touch loaded
pg_dump --no-owner --no-privileges --file=reading.sql restored
mv reading.sql restored.sql
"""


@dataclass(frozen=True)
class DatabaseBackup:
    """What the pods of both schedules are made from."""

    spec: Backup
    service: pulumi.Input[str]
    """Secret with `pg_service.conf`, where the database is and how to be let in."""
    credentials: pulumi.Input[str] | None
    """Secret with the bucket's `credentials`; None where the pods have a role."""
    programs: str
    """ConfigMap with our own programs."""
    bucket: BucketAccess
    """Access to the folder of the backups."""
    storage_gib: int
    """Size of the database's volume."""

    def backup(self) -> Manifest:
        """The CronJob's `spec`: dump, then store."""
        options = ("--no-owner", "--no-privileges", "--lock-wait-timeout=60s", f"--file={_WORK}/backup.sql")
        dump = Container(
            "dump",
            "postgres",
            self.spec.size,
            command=("pg_dump", *options, "service=registry"),
            # Not a variable with the password in it: the file has it.
            environment={"PGSERVICEFILE": "/etc/registry/pg_service.conf"},
            mounts=(_work(), Mount("/etc/registry", "service")),
        )
        keep = self._python("store", f"--keep-days={self.spec.keep_days}", reaches_bucket=True)
        return self._scheduled(self.spec.schedule, [dump, keep], [secret_volume("service", self.service)], retries=2)

    def drill(self) -> Manifest:
        """The CronJob's `spec`: fetch, restore into a database that nobody else reaches, compare. All of it is gone
        with the pod."""
        fetch = self._python("fetch", reaches_bucket=True)
        restore = Container("restore", "postgres", self.spec.size, command=("sh", "-c", _RESTORE), mounts=(_work(),))
        return self._scheduled(self.spec.drill_schedule, [fetch, restore, self._python("compare")], [], retries=0)

    def _python(self, step: str, *arguments: str, reaches_bucket: bool = False) -> Container:
        module = ("python", "-m", "controllers.database_backup", step, _WORK)
        environment: dict[str, pulumi.Input[str]] = {"PYTHONPATH": "/programs", "PYTHONDONTWRITEBYTECODE": "1"}
        mounts = [_work(), Mount("/programs/controllers", "programs")]
        command: list[pulumi.Input[str]] = [*module, *arguments]
        if reaches_bucket:
            bucket = pulumi.Output.concat("--bucket=", self.bucket.bucket)
            command += [bucket, f"--prefix={self.bucket.prefix}registry/"]
            environment |= self.bucket.environment
            if self.credentials is not None:
                environment["AWS_SHARED_CREDENTIALS_FILE"] = "/etc/aws/credentials"
                mounts.append(Mount("/etc/aws", "credentials"))
        return Container(step, "feast", self.spec.size, command=command, environment=environment, mounts=mounts)

    def _scheduled(self, schedule: str, steps: list[Container], volumes: list[Manifest], *, retries: int) -> Manifest:
        work = {"name": "work", "emptyDir": {"sizeLimit": f"{_WORK_TIMES_STORAGE * self.storage_gib}Gi"}}
        key = [] if self.credentials is None else [secret_volume("credentials", self.credentials)]
        pod = Pod(
            APP,
            _USER,
            [steps[-1]],
            waits=steps[:-1],
            volumes=[work, config_volume("programs", self.programs), *key, *volumes],
            restart="Never",
        )
        return {
            "schedule": schedule,
            "timeZone": "Etc/UTC",
            "concurrencyPolicy": "Forbid",
            "startingDeadlineSeconds": 3600,
            "successfulJobsHistoryLimit": 3,
            "failedJobsHistoryLimit": 3,
            "jobTemplate": {"spec": job(pod, retries=retries, timeout_seconds=_TIMEOUT_SECONDS)},
        }


def service_file(database: str, host: str, password: pulumi.Output[str]) -> pulumi.Output[str]:
    """`pg_service.conf` with the service `registry`, by which PostgreSQL's clients find the database."""
    lines = "[registry]\nhost={0}\nport={1}\ndbname={2}\nuser={2}\npassword={3}\nconnect_timeout=10\n"
    return pulumi.Output.format(lines, host, PORT, database, password)


def programs() -> dict[str, str]:
    """Our own programs that these pods run."""
    directory = resources.files("controllers")
    return {name: directory.joinpath(name).read_text() for name in _PROGRAMS}


def _work() -> Mount:
    return Mount(_WORK, "work", writable=True)
