"""The images of Go programs: static binaries of the toolchain and nothing that they do not need."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rehearsal.images.parts import Account, Certificates, Program
from rehearsal.images.recipe import LayerRecipe, Recipe
from rehearsal.toolchain.catalogue import CATALOGUE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rehearsal.images.parts import Part

_PROMETHEUS_USER: Final = Account("nobody", 65534, "/prometheus", ("/prometheus",))
_ALERTMANAGER_USER: Final = Account("nobody", 65534, "/alertmanager", ("/alertmanager",))
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
        layers=(LayerRecipe(tool, parts, expected_seconds=2),),
        version=CATALOGUE[tool].version,
        source=f"Go modules ({tool} {CATALOGUE[tool].version})",
        user=user.uid,
        tool=tool,
        entrypoint=(next(iter(programs)),),
        command=command,
        directory=user.owns[0] if user.name == "nobody" else "/",
    )


GO_RECIPES: Final = (
    _go("registry.k8s.io/pause", "pause", programs={"/pause": "pause"}, user=Account("pause", 65535)),
    _go("registry.k8s.io/coredns/coredns", "coredns", programs={"/coredns": "coredns"}),
    _go("registry.k8s.io/kueue/kueue", "kueue", programs={"/manager": "kueue"}),
    _go("registry.k8s.io/jobset/jobset", "jobset", programs={"/manager": "jobset"}),
    _go(
        "ghcr.io/kubeflow/trainer/trainer-controller-manager",
        "kubeflow-trainer",
        programs={"/manager": "kubeflow-trainer"},
    ),
    _go("quay.io/kuberay/operator", "kuberay", programs={"/manager": "kuberay"}),
    _go("docker.io/kserve/kserve-controller", "kserve", programs={"/manager": "kserve"}),
    _go(
        "docker.io/envoyproxy/gateway",
        "envoy-gateway",
        # By name: the gateway's own charts and pods look it up on PATH.
        programs={"/usr/local/bin/envoy-gateway": "envoy-gateway"},
    ),
    _go("public.ecr.aws/karpenter/controller", "karpenter", programs={"/karpenter": "karpenter"}),
    _go(
        "quay.io/brancz/kube-rbac-proxy",
        "kube-rbac-proxy",
        programs={"/usr/local/bin/kube-rbac-proxy": "kube-rbac-proxy"},
    ),
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
"""Entrypoints and users are upstream's; charts name the entrypoints too."""
