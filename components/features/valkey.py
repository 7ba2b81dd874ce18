"""Valkey as the platform runs it: a store that keeps what it was given, not a cache."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pulumi

from components.kubernetes.workload import Container, Mount, Pod, probe, run, secret_volume
from components.stores.store import Store

if TYPE_CHECKING:
    from components.specs.size import Size

APP: Final = "valkey"
PORT: Final = 6379
_USER: Final = 999
_DATA_SHARE: Final = 0.75
_PING: Final = 'VALKEYCLI_AUTH="$(cat /etc/valkey/password)" valkey-cli -e ping'


def files(password: pulumi.Output[str], size: Size) -> dict[str, pulumi.Input[str]]:
    """The files of its Secret. A quarter of the memory is left for copying pages while the append-only file is
    rewritten; when the rest is full, writes are refused instead of older values dropped."""
    configuration = "\n".join(
        (
            "bind * -::*",
            f"port {PORT}",
            "dir /data",
            "appendonly yes",
            "appendfsync everysec",
            f"maxmemory {int(size.memory_mib * _DATA_SHARE)}mb",
            "maxmemory-policy noeviction",
            "requirepass {0}",
            "",
        )
    )
    return {"valkey.conf": pulumi.Output.format(configuration, password), "password": password}


def pod(secret: pulumi.Input[str], size: Size) -> Pod:
    """A server that is configured by the files of `secret`."""
    answers = run("sh", "-c", _PING)
    server = Container(
        APP,
        APP,
        size,
        command=("valkey-server", "/etc/valkey/valkey.conf"),
        ports={"valkey": PORT},
        mounts=(Mount("/data", "data", writable=True), Mount("/etc/valkey", "configuration")),
        probes={
            "startup": probe(2, 90, answers),
            "readiness": probe(5, 3, answers),
            "liveness": probe(20, 6, answers),
        },
    )
    return Pod(APP, _USER, [server], volumes=[secret_volume("configuration", secret)])


def store(host: str, password: pulumi.Output[str]) -> Store:
    """The store as Feast's client reaches it."""
    # Without time-outs a store that hangs would hold every request for ever.
    connection = pulumi.Output.format(
        "{0}:{1},password={2},socket_connect_timeout=2,socket_timeout=2", host, PORT, password
    )
    return Store(f"{host}:{PORT}", connection)
