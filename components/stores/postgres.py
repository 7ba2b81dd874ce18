"""PostgreSQL as the platform runs it beside a component that needs a small database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pulumi

from components.kubernetes.workload import Container, Mount, Pod, probe, run, secret_volume
from components.stores.store import Store

if TYPE_CHECKING:
    from components.specs.size import Size

APP: Final = "postgres"
PORT: Final = 5432
_USER: Final = 999


def pod(database: str, password_secret: pulumi.Input[str], size: Size) -> Pod:
    """A server with one database and a user of the same name, whose password is the Secret's file `password`."""
    # Over TCP: while it is made, the database answers on its socket only.
    answers = run("pg_isready", "--host=127.0.0.1", f"--username={database}", f"--dbname={database}")
    server = Container(
        APP,
        APP,
        size,
        environment={
            "POSTGRES_USER": database,
            "POSTGRES_DB": database,
            "POSTGRES_PASSWORD_FILE": "/etc/postgres/password",
            "PGDATA": "/var/lib/postgresql/18/docker",
        },
        ports={"postgres": PORT},
        mounts=(
            Mount("/var/lib/postgresql", "data", writable=True),
            Mount("/var/run/postgresql", "socket", writable=True),
            Mount("/etc/postgres", "password"),
        ),
        probes={
            "startup": probe(2, 90, answers),
            "readiness": probe(5, 3, answers),
            "liveness": probe(20, 6, answers),
        },
        # Told to stop, it would wait for its clients to go, which they do not do by themselves.
        before_stop=("pg_ctl", "stop", "--mode=fast", "--no-wait"),
    )
    volumes = [{"name": "socket", "emptyDir": {}}, secret_volume("password", password_secret)]
    return Pod(APP, _USER, [server], volumes=volumes, grace_seconds=60)


def store(database: str, host: str, password: pulumi.Output[str]) -> Store:
    """The database as SQLAlchemy reaches it."""
    connection = pulumi.Output.format(
        "postgresql+psycopg://{0}:{1}@{2}:{3}/{0}?connect_timeout=5", database, password, host, PORT
    )
    return Store(f"{host}:{PORT}", connection)
