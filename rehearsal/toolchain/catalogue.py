"""The tools of the rehearsal: versions, packages, build flags, and which official builds exist.

The versions are the short form of what each tool's go.mod pins; a test compares the two.
`docs/toolchain.md` says how times, memory and disk were measured.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from rehearsal.toolchain import vendors
from rehearsal.toolchain.in_cluster import CONTROLLERS, MONITORING
from rehearsal.toolchain.tool import Embedded, Installed, Kept, Tool

if TYPE_CHECKING:
    from collections.abc import Mapping

_PULUMI: Final = "3.259.0"
_PULUMI_KUBERNETES: Final = "4.25.0"
_KUBERNETES: Final = "1.36.1"
_HELM: Final = "3.20.2"

_PULUMI_TAGS = ("osusergo", "grpcnotrace")
_PULUMI_VERSION = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version"
_PROVIDER = "github.com/pulumi/pulumi-kubernetes/provider/v4"
_PROVIDER_COMMAND = "cmd/pulumi-resource-kubernetes"
_COMPONENT_VERSION = "k8s.io/component-base/version"
_KUBERNETES_BINARIES = (
    "kube-apiserver",
    "kube-controller-manager",
    "kube-proxy",
    "kube-scheduler",
    "kubelet",
)

_ENGINE = (
    Tool(
        name="pulumi",
        version=_PULUMI,
        programs={"pulumi": "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"},
        tags=_PULUMI_TAGS,
        # An unstamped engine takes itself for a development build and fails version checks.
        stamps={_PULUMI_VERSION: f"v{_PULUMI}"},
        release=vendors.pulumi(_PULUMI, ["pulumi"]),
        installed=Installed(_PULUMI, command="pulumi"),
        expected_seconds=206,
        peak_memory_gib=1.7,
        disk_gib=3.0,
    ),
    Tool(
        name="pulumi-language-python",
        version="3.187.0",
        programs={"pulumi-language-python": "github.com/pulumi/pulumi/sdk/python/cmd/pulumi-language-python/v3"},
        tags=_PULUMI_TAGS,
        stamps={_PULUMI_VERSION: "v3.187.0"},
        kept=(
            # The host starts programs through this script, which it expects in its own directory.
            Kept(
                module="github.com/pulumi/pulumi/sdk/v3",
                source="python/cmd/pulumi-language-python-exec",
                target="bin/pulumi-language-python-exec",
                modfile="unpacked.mod",
            ),
        ),
        # The vendor ships the host with the engine, in the engine's version.
        release=vendors.pulumi(_PULUMI, ["pulumi-language-python", "pulumi-language-python-exec"]),
        installed=Installed(_PULUMI, command="pulumi"),
        expected_seconds=21,
        peak_memory_gib=0.4,
        disk_gib=0.6,
    ),
    Tool(
        name="pulumi-resource-kubernetes",
        version=_PULUMI_KUBERNETES,
        programs={"pulumi-resource-kubernetes": "."},
        stamps={f"{_PROVIDER}/pkg/version.Version": _PULUMI_KUBERNETES},
        embedded=(
            Embedded(_PROVIDER, f"{_PROVIDER_COMMAND}/schema.json", "schema-embed.json", version=_PULUMI_KUBERNETES),
            Embedded(_PROVIDER, f"{_PROVIDER_COMMAND}/terraform-mapping.json", "terraform-mapping-embed.json"),
        ),
        release=vendors.pulumi_kubernetes(_PULUMI_KUBERNETES),
        installed=Installed(_PULUMI_KUBERNETES, plugin=f"resource-kubernetes-v{_PULUMI_KUBERNETES}"),
        expected_seconds=540,
        peak_memory_gib=4.0,
        disk_gib=3.0,
    ),
)

_CONTROL_PLANE = (
    Tool(
        name="etcd",
        version="3.6.10",
        programs={"etcd": "go.etcd.io/etcd/server/v3"},
        release=vendors.etcd("3.6.10"),
        expected_seconds=24,
        peak_memory_gib=0.4,
        disk_gib=0.5,
    ),
    Tool(
        name="kubernetes",
        version=_KUBERNETES,
        programs={name: f"k8s.io/kubernetes/cmd/{name}" for name in _KUBERNETES_BINARIES},
        stamps={
            f"{_COMPONENT_VERSION}.gitVersion": f"v{_KUBERNETES}",
            f"{_COMPONENT_VERSION}.gitMajor": "1",
            f"{_COMPONENT_VERSION}.gitMinor": "36",
            f"{_COMPONENT_VERSION}.gitTreeState": "clean",
        },
        release=vendors.kubernetes(_KUBERNETES, _KUBERNETES_BINARIES),
        expected_seconds=330,
        peak_memory_gib=1.9,
        disk_gib=2.5,
    ),
    Tool(
        name="kwok",
        version="0.8.0",
        programs={"kwok": "sigs.k8s.io/kwok/cmd/kwok"},
        kept=(Kept("sigs.k8s.io/kwok", "kustomize/stage", "assets/stages"),),
        expected_seconds=59,
        peak_memory_gib=0.9,
        disk_gib=0.6,
    ),
    Tool(
        name="coredns",
        version="1.14.7",
        programs={"coredns": "."},  # our own main: upstream's, with fewer plugins
        expected_seconds=126,
        peak_memory_gib=1.2,
        disk_gib=1.5,
    ),
    Tool(
        name="pause",
        version="1.0.0",
        programs={"pause": "."},
        expected_seconds=8,
        peak_memory_gib=0.2,
        disk_gib=0.1,
    ),
)

_CHARTS = (
    Tool(
        name="helm",
        version=_HELM,
        programs={"helm": "helm.sh/helm/v3/cmd/helm"},
        release=vendors.helm(_HELM),
        expected_seconds=47,
        peak_memory_gib=0.8,
        disk_gib=0.8,
    ),
)

CATALOGUE: Final[Mapping[str, Tool]] = MappingProxyType(
    {tool.name: tool for tool in (*_ENGINE, *_CONTROL_PLANE, *CONTROLLERS, *MONITORING, *_CHARTS)}
)
"""Every tool by name."""
