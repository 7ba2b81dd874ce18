"""The tools of the catalogue that are images and charts in the cluster: controllers, and what watches them."""

from __future__ import annotations

from typing import Final

from rehearsal.toolchain import vendors
from rehearsal.toolchain.tool import Kept, Tool

_PROMETHEUS_VERSION: Final = "github.com/prometheus/common/version.Version"

CONTROLLERS: Final = (
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
        name="kuberay",
        version="1.6.0",
        programs={"kuberay": "github.com/ray-project/kuberay/ray-operator"},
        kept=(Kept("github.com/ray-project/kuberay/ray-operator", "config/crd/bases", "assets/crds"),),
        expected_seconds=68,
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
        name="envoy-gateway",
        version="1.8.0",
        programs={"envoy-gateway": "github.com/envoyproxy/gateway/cmd/envoy-gateway"},
        kept=(
            Kept("github.com/envoyproxy/gateway", "charts/gateway-crds-helm", "assets/charts/gateway-crds-helm"),
            Kept("github.com/envoyproxy/gateway", "charts/gateway-helm", "assets/charts/gateway-helm"),
            # Upstream fills in names of images when it publishes the chart; ours come from the table of versions.
            Kept(
                "github.com/envoyproxy/gateway",
                "charts/gateway-helm/values.tmpl.yaml",
                "assets/charts/gateway-helm/values.yaml",
            ),
        ),
        expected_seconds=182,
        peak_memory_gib=2.0,
        disk_gib=2.0,
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

MONITORING: Final = (
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
    Tool(
        name="otelcol",
        version="0.164.0",
        programs={"otelcol": "."},  # our own main: upstream's, with the parts that hooks use
        tags=("remove_all_sd",),
        expected_seconds=180,
        peak_memory_gib=1.5,
        disk_gib=3.0,
    ),
)
