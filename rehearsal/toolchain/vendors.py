"""Where the vendors publish their own builds, by machine type (`amd64`, `arm64`).

kwok publishes binaries without checksums, and the in-cluster controllers publish images only: those are built.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rehearsal.toolchain.tool import Release

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_MACHINES: Final = ("amd64", "arm64")
_GITHUB: Final = "https://github.com"


def pulumi(version: str, members: Iterable[str]) -> Mapping[str, Release]:
    """The engine's archive, which also holds the language hosts."""
    base = "https://get.pulumi.com/releases/sdk"
    names = {"amd64": "x64", "arm64": "arm64"}
    return {
        machine: Release(
            archive=f"{base}/pulumi-v{version}-linux-{names[machine]}.tar.gz",
            checksums=f"{base}/pulumi-{version}-checksums.txt",
            members={member: f"pulumi/{member}" for member in members},
        )
        for machine in _MACHINES
    }


def pulumi_kubernetes(version: str) -> Mapping[str, Release]:
    """The Kubernetes provider's archive."""
    base = f"{_GITHUB}/pulumi/pulumi-kubernetes/releases/download/v{version}"
    plugin = "pulumi-resource-kubernetes"
    return {
        machine: Release(
            archive=f"{base}/{plugin}-v{version}-linux-{machine}.tar.gz",
            checksums=f"{base}/pulumi-kubernetes_{version}_checksums.txt",
            members={plugin: plugin},
        )
        for machine in _MACHINES
    }


def kubernetes(version: str, binaries: Iterable[str]) -> Mapping[str, Release]:
    """Single binaries, each with its sum beside it."""
    base = f"https://dl.k8s.io/release/v{version}/bin/linux"
    return {
        machine: Release(members={binary: f"{base}/{machine}/{binary}" for binary in binaries}) for machine in _MACHINES
    }


def etcd(version: str) -> Mapping[str, Release]:
    """etcd's archive on GitHub."""
    base = f"{_GITHUB}/etcd-io/etcd/releases/download/v{version}"
    return {
        machine: Release(
            archive=f"{base}/etcd-v{version}-linux-{machine}.tar.gz",
            checksums=f"{base}/SHA256SUMS",
            members={"etcd": f"etcd-v{version}-linux-{machine}/etcd"},
        )
        for machine in _MACHINES
    }


def prometheus_project(project: str, version: str, binaries: Iterable[str]) -> Mapping[str, Release]:
    """The archives of Prometheus and its sister projects, which share one layout."""
    base = f"{_GITHUB}/prometheus/{project}/releases/download/v{version}"
    return {
        machine: Release(
            archive=f"{base}/{project}-{version}.linux-{machine}.tar.gz",
            checksums=f"{base}/sha256sums.txt",
            members={binary: f"{project}-{version}.linux-{machine}/{binary}" for binary in binaries},
        )
        for machine in _MACHINES
    }


def helm(version: str) -> Mapping[str, Release]:
    """Helm's archive, with its sum beside it in a list of one."""
    base = f"https://get.helm.sh/helm-v{version}-linux"
    return {
        machine: Release(
            archive=f"{base}-{machine}.tar.gz",
            checksums=f"{base}-{machine}.tar.gz.sha256sum",
            members={"helm": f"linux-{machine}/helm"},
        )
        for machine in _MACHINES
    }
