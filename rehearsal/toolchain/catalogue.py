"""The tools of the rehearsal: versions, packages, build flags, and which official builds exist.

The versions are the short form of what each tool's go.mod pins; a test compares the two.
`docs/toolchain.md` says how times, memory and disk were measured.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from rehearsal.toolchain import vendors
from rehearsal.toolchain.tool import Embedded, Installed, Kept, Tool

if TYPE_CHECKING:
    from collections.abc import Mapping

_PULUMI: Final = "3.259.0"
_PULUMI_KUBERNETES: Final = "4.25.0"
_KUBERNETES: Final = "1.36.1"

_PULUMI_TAGS = ("osusergo", "grpcnotrace")
_PULUMI_VERSION = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version"
_PROVIDER = "github.com/pulumi/pulumi-kubernetes/provider/v4"
_PROVIDER_COMMAND = "cmd/pulumi-resource-kubernetes"
_COMPONENT_VERSION = "k8s.io/component-base/version"
_PROMETHEUS_VERSION = "github.com/prometheus/common/version.Version"
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

_CONTROLLERS = (
    Tool(
        name="kueue",
        version="0.19.2",
        programs={"kueue": "sigs.k8s.io/kueue/cmd/kueue"},
        kept=(Kept("sigs.k8s.io/kueue", "charts/kueue", "assets/chart"),),
        expected_seconds=191,
        peak_memory_gib=1.9,
        disk_gib=1.5,
    ),
    Tool(
        name="jobset",
        version="0.12.0",
        programs={"jobset": "sigs.k8s.io/jobset"},
        kept=(Kept("sigs.k8s.io/jobset", "charts/jobset", "assets/chart"),),
        expected_seconds=74,
        peak_memory_gib=0.9,
        disk_gib=0.8,
    ),
    Tool(
        name="kubeflow-trainer",
        version="2.2.0",
        programs={"kubeflow-trainer": "github.com/kubeflow/trainer/v2/cmd/trainer-controller-manager"},
        kept=(
            Kept("github.com/kubeflow/trainer/v2", "charts/kubeflow-trainer", "assets/chart"),
            # The chart that upstream publishes has its dependencies inside; the one in the module does not.
            Kept("sigs.k8s.io/jobset", "charts/jobset", "assets/chart/charts/jobset", modfile="unpacked.mod"),
            Kept("sigs.k8s.io/lws", "charts/lws", "assets/chart/charts/lws", modfile="unpacked.mod"),
        ),
        expected_seconds=78,
        peak_memory_gib=0.8,
        disk_gib=0.8,
    ),
    Tool(
        name="kube-rbac-proxy",  # KServe's chart runs it beside the controller
        version="0.18.0",
        programs={"kube-rbac-proxy": "github.com/brancz/kube-rbac-proxy/cmd/kube-rbac-proxy"},
        expected_seconds=75,
        peak_memory_gib=0.9,
        disk_gib=0.8,
    ),
    Tool(
        name="kserve",
        version="0.20.0",
        programs={"kserve": "github.com/kserve/kserve/cmd/manager"},
        kept=(
            Kept("github.com/kserve/kserve", "charts", "assets/charts"),
            Kept(
                "github.com/cert-manager/cert-manager",
                "deploy/crds",
                "assets/cert-manager-crds",
                modfile="unpacked.mod",
            ),
        ),
        expected_seconds=129,
        peak_memory_gib=1.2,
        disk_gib=1.5,
    ),
    Tool(
        name="karpenter",  # the core that decides, with simulated nodes in place of EC2's
        version="1.13.0",
        programs={"karpenter": "sigs.k8s.io/karpenter/kwok"},
        kept=tuple(
            Kept("github.com/aws/karpenter-provider-aws", f"charts/{chart}", f"assets/charts/{chart}", "unpacked.mod")
            for chart in ("karpenter", "karpenter-crd")
        ),
        expected_seconds=91,
        peak_memory_gib=0.9,
        disk_gib=0.8,
    ),
    Tool(
        name="cilium",  # its chart alone, which a stack with hybrid nodes installs
        version="1.20.2",
        programs={},
        kept=(Kept("github.com/cilium/cilium", "install/kubernetes/cilium", "assets/chart"),),
        expected_seconds=5,
        peak_memory_gib=0.2,
        disk_gib=0.2,
    ),
)

_MONITORING = (
    Tool(
        name="prometheus",
        version="3.10.0",
        programs={
            "prometheus": "github.com/prometheus/prometheus/cmd/prometheus",
            "promtool": "github.com/prometheus/prometheus/cmd/promtool",
        },
        # Upstream's own switches: the discoveries of static targets, files, HTTP and Kubernetes, and no cloud's SDK.
        tags=("remove_all_sd", "enable_kubernetes_sd"),
        stamps={_PROMETHEUS_VERSION: "3.10.0"},
        release=vendors.prometheus_project("prometheus", "3.10.0", ["prometheus", "promtool"]),
        expected_seconds=120,
        peak_memory_gib=1.7,
        disk_gib=2.0,
    ),
    Tool(
        name="alertmanager",
        version="0.31.0",
        programs={"alertmanager": "github.com/prometheus/alertmanager/cmd/alertmanager"},
        stamps={_PROMETHEUS_VERSION: "0.31.0"},
        release=vendors.prometheus_project("alertmanager", "0.31.0", ["alertmanager"]),
        expected_seconds=40,
        peak_memory_gib=0.5,
        disk_gib=0.5,
    ),
)

CATALOGUE: Final[Mapping[str, Tool]] = MappingProxyType(
    {tool.name: tool for tool in (*_ENGINE, *_CONTROL_PLANE, *_CONTROLLERS, *_MONITORING)}
)
"""Every tool by name."""
