"""What rules ask of a stack: defaults that are safe for production, and what each stack does otherwise."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final

from policies.kubernetes_support import EKS_STANDARD_SUPPORT_ENDS
from policies.language import Gap

if TYPE_CHECKING:
    from collections.abc import Mapping


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
    load_balancer_namespaces: tuple[str, ...]
    """Platform namespaces whose Services may have an internal load balancer that says whom it takes requests from."""
    accelerators_per_pod: int
    """The most accelerators that one pod may ask for: those of the largest machine."""
    accelerators_per_namespace: int
    """The most accelerators that a namespace's quota may grant."""
    governed_risk_classes: tuple[str, ...]
    """Risk classes of served models that need an approval and a verifier."""
    evaluation_age_days: int
    """How long a model may be served after it was last evaluated."""
    canary_percent: int
    """The most requests, in percent, that a new model may get before it is promoted."""
    high_availability: bool
    """Whether what serves must survive the loss of a machine: several replicas, spread, and a disruption budget."""
    deletion_protection: bool
    """Whether what keeps state must be protected from deletion; not where the stack is disposable."""
    allowed_regions: tuple[str, ...]
    """AWS regions in which anything may be."""
    kubernetes_supported_until: Mapping[str, str]
    """Until when AWS supports each Kubernetes version at no extra cost (RFC 3339)."""
    log_retention_days: int
    """For how long log groups keep what they are sent, at least."""
    evidence_lock_days: int
    """For how long objects in an evidence bucket cannot be deleted, at least."""
    backup_retention_days: int
    """For how long a database's backups are kept, at least."""
    key_deletion_days: int
    """The notice with which a KMS key may be deleted, at least."""
    exemptions: tuple[Exemption, ...]
    """The platform workloads that a rule leaves out."""
    judged_at: str = ""
    """The moment by which dates are judged, such as ``2026-11-22T09:00:00Z``; empty: the present."""

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
        "ghcr.io/mlflow/",
        "docker.io/kserve/",
        "docker.io/vllm/",
        "docker.io/seldonio/",
        "docker.io/envoyproxy/",
        "docker.io/library/postgres:",
        "docker.io/valkey/",
        "docker.io/chrislusf/",
        "docker.io/fluent/",
        "docker.io/grafana/",
        "docker.io/pytorch/",
        "docker.io/rayproject/",
        "quay.io/kuberay/",
        "quay.io/feastdev/",
        "quay.io/brancz/",
        "quay.io/prometheus/",
        "docker.io/otel/",
        "nvcr.io/nvidia/",
        "public.ecr.aws/karpenter/",
        "public.ecr.aws/eks/",
        "quay.io/cilium/",
        # Our own images before they are pushed. No registry can have this name: name the one that they were pushed to.
        "registry.invalid/mlplatform/",
    ),
    image_references="digest",
    platform_namespaces=(
        "kube-system",
        "karpenter",
        "kueue-system",
        "jobset-system",
        "kubeflow-system",
        "ray-system",
        "kserve",
        "model-gateway",
        "artifact-store",
        "feature-store",
        "model-registry",
        "monitoring",
        "model-delivery",
        "model-judges",
        "gpu-exporter",
        "log-collector",
        "cilium-secrets",
    ),
    baseline_namespaces=(),
    privileged_namespaces=("gpu-exporter", "log-collector"),
    load_balancer_namespaces=("model-gateway",),
    accelerators_per_pod=8,
    accelerators_per_namespace=256,
    governed_risk_classes=("limited", "high"),
    evaluation_age_days=365,
    canary_percent=20,
    high_availability=True,
    deletion_protection=True,
    # In the European Union: Zurich (eu-central-2) and London (eu-west-2) are not.
    allowed_regions=("eu-central-1", "eu-north-1", "eu-south-1", "eu-south-2", "eu-west-1", "eu-west-3"),
    kubernetes_supported_until=EKS_STANDARD_SUPPORT_ENDS,
    log_retention_days=365,  # EU AI Act 19 and 26(6) ask for six months; a year is what auditors ask for
    evidence_lock_days=184,  # EU AI Act 19 and 26(6): six months, whichever they are
    backup_retention_days=7,
    key_deletion_days=30,
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

_DISPOSABLE: Final = replace(
    DEFAULT,
    image_references="tag",
    governed_risk_classes=("high",),
    high_availability=False,
    deletion_protection=False,
    key_deletion_days=7,
)
"""Of a stack in which nobody else works, and whose data nobody misses."""

STACKS: Final = {"local": _DISPOSABLE, "dev": _DISPOSABLE}


def parameters_for(stack: str) -> Parameters:
    """The parameters of a stack; a stack that is not named here gets the defaults."""
    return STACKS.get(stack, DEFAULT)
