"""Versions of Kubernetes that Amazon EKS supports, and versions of its add-ons that fit them.

Standard support ends on the days of https://docs.aws.amazon.com/eks/latest/userguide/kubernetes-versions.html, by which
`policies/kubernetes_support.py` judges; Kubernetes itself ends its own on other days. Add-on versions are those that
`aws eks describe-addon-versions` lists; a stack file can name newer ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Final, Literal

from pydantic import AfterValidator

if TYPE_CHECKING:
    from collections.abc import Mapping

AS_OF: Final = date(2026, 11, 20)
"""When these facts were looked up."""


@dataclass(frozen=True)
class Release:
    """One version of Kubernetes on EKS."""

    supported_until: date
    """End of standard support. Afterwards a cluster costs six times as much and a year later it is upgraded by AWS."""
    kube_proxy: str
    """Its version of the add-on, which follows Kubernetes'."""


RELEASES: Final[Mapping[str, Release]] = MappingProxyType(
    {
        "1.34": Release(date(2026, 12, 2), "v1.34.6-eksbuild.2"),
        "1.35": Release(date(2027, 3, 27), "v1.35.3-eksbuild.21"),
        "1.36": Release(date(2027, 8, 2), "v1.36.0-eksbuild.25"),
    }
)

Addon = Literal[
    "aws-ebs-csi-driver",
    "aws-fsx-csi-driver",
    "cert-manager",
    "coredns",
    "eks-node-monitoring-agent",
    "eks-pod-identity-agent",
    "kube-proxy",
    "vpc-cni",
]
"""An add-on that the platform can have, by its name."""

ADDONS: Final[Mapping[Addon, str]] = MappingProxyType(
    {
        "aws-ebs-csi-driver": "v1.63.1-eksbuild.1",
        "aws-fsx-csi-driver": "v1.8.0-eksbuild.1",
        # Of the community, built and scanned by AWS; 1.21 is its first minor version for Kubernetes 1.36.
        "cert-manager": "v1.21.0-eksbuild.2",
        "coredns": "v1.14.3-eksbuild.11",
        "eks-node-monitoring-agent": "v1.6.4-eksbuild.1",
        "eks-pod-identity-agent": "v1.3.10-eksbuild.3",
        "vpc-cni": "v1.22.4-eksbuild.3",
    }
)
"""Versions of the add-ons that serve every release above."""


def addon_version(addon: Addon, kubernetes_version: str) -> str:
    """The add-on's version for a cluster of this version of Kubernetes."""
    return RELEASES[kubernetes_version].kube_proxy if addon == "kube-proxy" else ADDONS[addon]


def _supported(version: str) -> str:
    # Whether support has ended meanwhile is a rule's business: a stack that stands must not fail for the date alone.
    if version not in RELEASES:
        raise ValueError(f"is out of support, or newer than the platform knows; choose {', '.join(RELEASES)}")
    return version


KubernetesVersion = Annotated[str, AfterValidator(_supported)]
"""A minor version of Kubernetes, in quotes, such as `"1.35"`."""
