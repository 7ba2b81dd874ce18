"""What rules ask of a stack: defaults that are safe for production, and what each stack does otherwise."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Final

from policies.language import Gap


@dataclass(frozen=True, slots=True)
class Exemption:
    """A platform workload to which a rule does not apply, and why.

    ``namespace`` is ``-`` for a resource of the whole cluster; ``*`` stands for any text in each of the three.
    """

    rule: str
    namespace: str
    kind: str
    name: str
    reason: str

    def covers(self, namespace: str | Gap, kind: str, name: str | Gap) -> bool:
        """Whether the workload is meant; what is not known yet may be anything."""
        parts = ((namespace or "-", self.namespace), (kind, self.kind), (name, self.name))
        return all(isinstance(part, Gap) or fnmatchcase(part, pattern) for part, pattern in parts)


@dataclass(frozen=True, kw_only=True)
class Parameters:
    """The parameters of one stack."""

    allowed_registries: tuple[str, ...]
    """Beginnings of image references that may run; each ends at a path boundary (``/``)."""
    image_references: str
    """``digest``: images are named by digest. ``tag``: by digest or by a tag that carries a version."""
    platform_namespaces: tuple[str, ...]
    """Namespaces of the platform itself; every other one is a tenant's."""
    baseline_namespaces: tuple[str, ...]
    """Platform namespaces in which Pod Security enforces ``baseline``."""
    privileged_namespaces: tuple[str, ...]
    """Platform namespaces in which Pod Security enforces nothing, because an exempt workload needs the host."""
    accelerators_per_pod: int
    """The most accelerators that one pod may ask for: those of the largest machine."""
    accelerators_per_namespace: int
    """The most accelerators that a namespace's quota may grant."""
    exemptions: tuple[Exemption, ...]
    """The platform workloads that a rule leaves out."""

    def __post_init__(self) -> None:
        """Refuse what would let in more than it names; ValueError."""
        for registry in self.allowed_registries:
            if not registry.endswith(("/", ":")):
                raise ValueError(f"allowed_registries: {registry!r} must end with '/' (a path) or ':' (one repository)")
        if self.image_references not in ("digest", "tag"):
            raise ValueError(f"image_references: must be 'digest' or 'tag', got {self.image_references!r}")


_GPU_EXPORTER: Final = ("gpu-exporter", "DaemonSet", "dcgm-exporter")
_LOG_COLLECTOR: Final = ("log-collector", "DaemonSet", "fluent-bit")
_FABRIC: Final = ("kube-system", "DaemonSet", "aws-efa-k8s-device-plugin")
_CILIUM: Final = ("kube-system", "DaemonSet", "cilium")
_CILIUM_OPERATOR: Final = ("kube-system", "Deployment", "cilium-operator")

DEFAULT: Final = Parameters(
    allowed_registries=(
        "registry.k8s.io/",
        "ghcr.io/kubeflow/",
        "docker.io/kserve/",
        "docker.io/vllm/",
        "docker.io/seldonio/",
        "docker.io/library/postgres:",
        "docker.io/valkey/",
        "docker.io/chrislusf/",
        "docker.io/grafana/",
        "docker.io/pytorch/",
        "quay.io/feastdev/",
        "quay.io/brancz/",
        "quay.io/prometheus/",
        "nvcr.io/nvidia/",
        "docker.io/fluent/",
        "public.ecr.aws/karpenter/",
        "public.ecr.aws/eks/",
        "quay.io/cilium/",
    ),
    image_references="digest",
    platform_namespaces=(
        "kueue-system",
        "jobset-system",
        "kubeflow-system",
        "kserve",
        "artifact-store",
        "feature-store",
        "monitoring",
        "gpu-exporter",
        "log-collector",
        "karpenter",
        "kube-system",
        "cilium-secrets",
    ),
    baseline_namespaces=(),
    privileged_namespaces=("gpu-exporter", "log-collector"),
    accelerators_per_pod=8,
    accelerators_per_namespace=256,
    exemptions=(
        Exemption("K8S-02", *_GPU_EXPORTER, "the driver gives its counters to the machine's administrator only"),
        Exemption("K8S-03", *_GPU_EXPORTER, "the kubelet says which pod holds which GPU over a socket of the machine"),
        Exemption("K8S-02", *_LOG_COLLECTOR, "files of containers' logs are those of the machine's administrator"),
        Exemption("K8S-03", *_LOG_COLLECTOR, "it reads those files, and remembers on the machine how far it has come"),
        Exemption("K8S-02", *_FABRIC, "the kubelet's socket for devices is the machine's administrator's"),
        Exemption("K8S-03", *_FABRIC, "it looks for network adapters on the machine and offers them to the kubelet"),
        Exemption("GPU-03", *_FABRIC, "adapters, not GPUs, are what it looks for among the machine's devices"),
        Exemption("K8S-02", *_CILIUM, "it loads programs into the machine's kernel, which connect its pods"),
        Exemption("K8S-03", *_CILIUM, "pods have no network but what it makes of the machine's"),
        Exemption("K8S-02", *_CILIUM_OPERATOR, "its image has no user of its own, and upstream publishes no other"),
        Exemption("K8S-03", *_CILIUM_OPERATOR, "it hands out the addresses that pods need to have a network at all"),
        Exemption(
            "K8S-06",
            "kserve",
            "Deployment",
            "kserve-controller-manager",
            "its chart gives the proxy before the controller's metrics no probes, and has no value for them",
        ),
        Exemption(
            "K8S-09",
            "kubeflow-system",
            "RoleBinding",
            "kubeflow-trainer-public",
            "lets every user of the cluster read one ConfigMap: Trainer's version, which its SDK asks for",
        ),
    ),
)

STACKS: Final = {
    "local": replace(DEFAULT, image_references="tag"),
    "dev": replace(DEFAULT, image_references="tag"),
}


def parameters_for(stack: str) -> Parameters:
    """The parameters of a stack; a stack that is not named here gets the defaults."""
    return STACKS.get(stack, DEFAULT)
