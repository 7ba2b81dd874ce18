"""The one table of charts and images: every version that a stack can put on a cluster is named here.

Controllers that the rehearsal builds from Go modules have the same version in `rehearsal/toolchain/*/go.mod`;
`tests/components/test_versions.py` holds the two together. Digests come from the lock (`_image_lock.py`), which
`mlplatform images lock` fills where registries can be reached; a stack for production requires them.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from importlib import resources
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from components._image_lock import ImageLock

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Image:
    """A container image by its full name: registry and path, tag, and the digest once it is locked."""

    repository: str
    tag: str
    digest: str | None = None

    @property
    def tagged(self) -> str:
        """`repository:tag`, whatever the digest."""
        return f"{self.repository}:{self.tag}"

    @property
    def reference(self) -> str:
        """`repository:tag`, with `@sha256:…` appended where the digest is known."""
        return f"{self.repository}:{self.pinned_tag}"

    @property
    def pinned_tag(self) -> str:
        """The tag with its digest, for charts that put `repository:` in front of it themselves."""
        return f"{self.tag}@{self.digest}" if self.digest else self.tag


@dataclass(frozen=True)
class Chart:
    """A Helm chart as its project publishes it: an OCI repository and the chart's own version."""

    name: str
    version: str
    repository: str
    digest: str | None = None

    @property
    def tagged(self) -> str:
        """`<repository>/<name>:<version>`, as a registry that is asked for the chart understands it."""
        return f"{self.repository.removeprefix('oci://')}/{self.name}:{self.version}"

    @property
    def reference(self) -> str:
        """The OCI address of the chart; with its digest where that is known."""
        address = f"{self.repository}/{self.name}"
        return f"{address}@{self.digest}" if self.digest else address

    @property
    def directory(self) -> str:
        """The chart's entry in a directory of unpacked charts: `<name>-<version without v>`."""
        return f"{self.name}-{self.version.removeprefix('v')}"


_LOCK: Final = ImageLock.of_environment()


def _locked(images: Mapping[str, Image]) -> Mapping[str, Image]:
    """The images, by the name that components use, with the digests of the lock."""
    return MappingProxyType(
        {name: replace(each, digest=_LOCK.images.get(each.tagged)) for name, each in images.items()}
    )


CHARTS: Final[Mapping[str, Chart]] = MappingProxyType(
    {
        chart.name: replace(chart, digest=_LOCK.charts.get(chart.tagged))
        for chart in (
            Chart("kueue", "0.19.2", "oci://registry.k8s.io/kueue/charts"),
            Chart("jobset", "0.12.0", "oci://registry.k8s.io/jobset/charts"),
            Chart("kubeflow-trainer", "2.2.0", "oci://ghcr.io/kubeflow/charts"),
            # The project's definitions without schemas: with them, one alone has 640 KB, and the engine writes them
            # to its state after every step. KServe's webhook checks an InferenceService all the same.
            Chart("kserve-crd-minimal", "v0.20.0", "oci://ghcr.io/kserve/charts"),
            Chart("kserve-resources", "v0.20.0", "oci://ghcr.io/kserve/charts"),
            Chart("gateway-crds-helm", "v1.8.0", "oci://docker.io/envoyproxy"),
            Chart("gateway-helm", "v1.8.0", "oci://docker.io/envoyproxy"),
            Chart("karpenter-crd", "1.13.0", "oci://public.ecr.aws/karpenter"),
            Chart("karpenter", "1.13.0", "oci://public.ecr.aws/karpenter"),
            Chart("cilium", "1.20.2", "oci://quay.io/cilium/charts"),
        )
    }
)

OWN_REPOSITORY: Final = "registry.invalid/mlplatform"
"""What our own images are called until `mlplatform images push` has written into the lock where they are: a name that
no registry can ever have (RFC 2606)."""


def _ours(name: str, tag: str) -> Image:
    """An image of our own: where it was pushed, or under the name that it has before."""
    repository, _, digest = _LOCK.ours.get(f"{name}:{tag}", f"{OWN_REPOSITORY}/{name}").partition("@")
    return Image(repository, tag, digest or None)


def _content_of(package: str) -> str:
    """Another text whenever a file of the package is another: a changed program is another image."""
    content = hashlib.sha256()
    files = {each.name: each for each in resources.files(package).iterdir() if each.name.endswith(".py")}
    for name in sorted(files):
        text = files[name].read_bytes()
        content.update(f"{name}\0{len(text)}\0".encode() + text)
    return content.hexdigest()[:12]


IMAGES: Final[Mapping[str, Image]] = _locked(
    {
        # Controllers
        "kueue": Image("registry.k8s.io/kueue/kueue", "v0.19.2"),
        "jobset": Image("registry.k8s.io/jobset/jobset", "v0.12.0"),
        "kubeflow-trainer": Image("ghcr.io/kubeflow/trainer/trainer-controller-manager", "v2.2.0"),
        "kuberay": Image("quay.io/kuberay/operator", "v1.6.0"),
        "kserve-controller": Image("docker.io/kserve/kserve-controller", "v0.20.0"),
        # KServe's chart puts it beside the controller, before its metrics.
        "kube-rbac-proxy": Image("quay.io/brancz/kube-rbac-proxy", "v0.18.0"),
        # Fetches a model before its server starts; agent and router exist only where a service asks for them.
        "kserve-storage-initializer": Image("docker.io/kserve/storage-initializer", "v0.20.0"),
        "kserve-agent": Image("docker.io/kserve/agent", "v0.20.0"),
        "kserve-router": Image("docker.io/kserve/router", "v0.20.0"),
        # Turns Gateway API's objects into configuration of Envoy, whose minor release is the one that it asks for.
        "envoy-gateway": Image("docker.io/envoyproxy/gateway", "v1.8.0"),
        "envoy": Image("docker.io/envoyproxy/envoy", "distroless-v1.38.3"),
        "karpenter": Image("public.ecr.aws/karpenter/controller", "1.13.0"),
        # Nodes
        "efa-device-plugin": Image("public.ecr.aws/eks/aws-efa-k8s-device-plugin", "v0.5.20"),
        "cilium": Image("quay.io/cilium/cilium", "v1.20.2"),
        "cilium-operator": Image("quay.io/cilium/operator-generic", "v1.20.2"),
        # Training and serving runtimes
        "torch": Image("docker.io/pytorch/pytorch", "2.10.0-cuda12.8-cudnn9-runtime"),
        # What Ray jobs start from: no object of the platform's own names it.
        "ray": Image("docker.io/rayproject/ray", "2.52.0"),
        "vllm": Image("docker.io/vllm/vllm-openai", "v0.33.0"),
        "mlserver": Image("docker.io/seldonio/mlserver", "1.7.1"),
        # Does nothing, on nodes that are to hold a model
        "pause": Image("registry.k8s.io/pause", "3.10.1"),
        # Stores
        "feast": Image("quay.io/feastdev/feature-server", "0.67.0"),
        # With PostgreSQL, S3 and sign-in, which the image without `-full` lacks.
        "mlflow": Image("ghcr.io/mlflow/mlflow", "v3.17.2-full"),
        "postgres": Image("docker.io/library/postgres", "18.6"),
        "valkey": Image("docker.io/valkey/valkey", "9.1.2"),
        "seaweedfs": Image("docker.io/chrislusf/seaweedfs", "4.48"),
        # Monitoring
        "prometheus": Image("quay.io/prometheus/prometheus", "v3.10.0"),
        "alertmanager": Image("quay.io/prometheus/alertmanager", "v0.31.0"),
        "dcgm-exporter": Image("nvcr.io/nvidia/k8s/dcgm-exporter", "4.6.1-4.8.4-distroless"),
        "grafana": Image("docker.io/grafana/grafana", "13.2.3"),
        # The distribution with all vendors' exporters.
        "otel-collector": Image("docker.io/otel/opentelemetry-collector-contrib", "0.164.0"),
        "fluent-bit": Image("docker.io/fluent/fluent-bit", "4.2.0"),
    }
)

OURS: Final[Mapping[str, Image]] = MappingProxyType(
    {
        # On Feast's packages, so the tag begins with Feast's version.
        "controllers": _ours("controllers", f"{IMAGES['feast'].tag}-{_content_of('controllers')}"),
        # The tag begins with kopf's version, which its lock has too.
        "release-controller": _ours("release-controller", f"1.45.2-{_content_of('controllers.release')}"),
    }
)
"""Our own programs, which nobody but us publishes: `mlplatform images build` and `push`."""

AWS_ENGINES: Final[Mapping[str, str]] = MappingProxyType({"aurora-postgresql": "17.7", "valkey": "8.2"})
"""Engines of managed stores on AWS."""
