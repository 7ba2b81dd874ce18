"""Model servers and what they serve, as KServe's objects, hardened so that a team's namespace admits them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pulumi

from components._versions import IMAGES
from components.capacity import GPU_RESOURCE, GPU_TAINT, POOL_LABEL
from components.kubernetes.workload import CONFINED, as_user

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from components.capacity import Team
    from components.specs.gpu_serving_pool import ModelFormat, ServedModel

Manifest = dict[str, Any]

VLLM: Final = "vllm"
MLSERVER: Final = "mlserver"
ACCOUNT: Final = "model-server"
"""Service account of servers whose model lies in the stack's artifact bucket."""
_SCRATCH: Final = "/tmp"  # noqa: S108 (a volume of the pod's own)
_SHARED_MEMORY: Final = "/dev/shm"  # noqa: S108
PORT: Final = 8080
"""Where a model server takes requests."""
_METRICS_PORT: Final = 8082
_USER: Final = 1000
_FAILURE_DOMAINS: Final = ("kubernetes.io/hostname", "topology.kubernetes.io/zone")
_TOLERATION: Final = {**GPU_TAINT, "operator": "Equal"}
_SERVICE_LABEL: Final = "serving.kserve.io/inferenceservice"
_CLASSIC: Final[tuple[ModelFormat, ...]] = ("sklearn", "xgboost", "lightgbm", "mlflow")


def vllm() -> Manifest:
    """The runtime for language models: vLLM, which speaks OpenAI's API."""
    container = {
        "image": IMAGES["vllm"].reference,
        "command": ["python3", "-m", "vllm.entrypoints.openai.api_server"],
        "args": [f"--port={PORT}", "--served-model-name={{.Name}}", "--model=/mnt/models"],
        "env": [
            # The image has no entry for the pod's user: libraries that look for a name or a home find them here.
            {"name": "USER", "value": "vllm"},
            {"name": "HOME", "value": _SCRATCH},
            {"name": "HF_HUB_OFFLINE", "value": "1"},
            {"name": "VLLM_NO_USAGE_STATS", "value": "1"},
        ],
        # Loading and compiling a large model takes many minutes.
        **_probes(ready="/health", live="/health", startup_minutes=30),
    }
    # GPUs exchange tensors through shared memory; a container's default is 64 MiB.
    scratch = {"tmp": (_SCRATCH, {}), "shared-memory": (_SHARED_MEMORY, {"medium": "Memory"})}
    return _runtime(VLLM, container, scratch, formats=("llm",), metrics_port=PORT)


def mlserver() -> Manifest:
    """The runtime for classic models: MLServer, which speaks the Open Inference Protocol."""
    environment = {
        # KServe sets the label from the model's format.
        "MLSERVER_MODEL_IMPLEMENTATION": "{{.Labels.modelClass}}",
        "MLSERVER_HTTP_PORT": str(PORT),
        "MLSERVER_GRPC_PORT": "9000",
        "MLSERVER_METRICS_PORT": str(_METRICS_PORT),
        "MLSERVER_METRICS_DIR": f"{_SCRATCH}/metrics",
        "MLSERVER_ENVIRONMENTS_DIR": f"{_SCRATCH}/environments",
    }
    container = {
        "image": IMAGES["mlserver"].reference,
        "env": [{"name": name, "value": value} for name, value in environment.items()],
        **_probes(ready="/v2/health/ready", live="/v2/health/live", startup_minutes=5),
    }
    scratch: Mapping[str, tuple[str, Manifest]] = {"tmp": (_SCRATCH, {})}
    return _runtime(MLSERVER, container, scratch, formats=_CLASSIC, metrics_port=_METRICS_PORT)


def endpoint(model: ServedModel, team: Team, namespace: pulumi.Input[str], bucket: pulumi.Input[str]) -> Manifest:
    """The model's InferenceService: its replicas on different nodes, its record in labels and annotations. `bucket` is
    the stack's own, in which the model may lie."""
    return {
        "apiVersion": "serving.kserve.io/v1beta1",
        "kind": "InferenceService",
        "metadata": {
            "name": model.name,
            "namespace": namespace,
            "labels": _record(model, team),
            "annotations": {
                "serving.kserve.io/deploymentMode": "Standard",
                "serving.kserve.io/autoscalerClass": "none",
                "mlplatform.dev/intended-use": model.intended_use,
                "mlplatform.dev/model-digest": model.digest,
            },
        },
        "spec": {"predictor": _predictor(model, bucket)},
    }


def disruption_budget(model: ServedModel, team: Team, namespace: pulumi.Input[str]) -> Manifest:
    """At most one replica is away at a time when nodes are drained."""
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": model.name, "namespace": namespace, "labels": _record(model, team)},
        "spec": {"maxUnavailable": 1, "selector": {"matchLabels": {_SERVICE_LABEL: model.name}}},
    }


def _predictor(model: ServedModel, bucket: pulumi.Input[str]) -> Manifest:
    gpus = {GPU_RESOURCE: str(model.gpus)} if model.gpus else {}
    placement = {} if model.pool is None else {"nodeSelector": {POOL_LABEL: model.pool}, "tolerations": [_TOLERATION]}
    return {
        "minReplicas": model.replicas,
        "maxReplicas": model.replicas,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": as_user(_USER),
        "topologySpreadConstraints": [_spread(domain, model) for domain in _FAILURE_DOMAINS],
        **placement,
        **({} if model.folder is None else {"serviceAccountName": ACCOUNT}),
        "model": {
            "runtime": VLLM if model.format == "llm" else MLSERVER,
            "modelFormat": {"name": model.format},
            "storageUri": _storage_uri(model, bucket),
            "args": [f"--tensor-parallel-size={model.gpus}"] if model.format == "llm" else [],
            "resources": {kind: {**each, **gpus} for kind, each in model.size.resources().items()},
        },
    }


def _storage_uri(model: ServedModel, bucket: pulumi.Input[str]) -> pulumi.Input[str]:
    if model.folder is not None:
        return pulumi.Output.concat("s3://", bucket, "/", model.folder.rstrip("/"))
    # By default KServe runs the image beside the server, as a container that no namespace of a team admits; mounted as
    # a volume it needs none.
    return model.uri.replace("oci://", "oci+native://", 1)


def _spread(domain: str, model: ServedModel) -> Manifest:
    return {
        "maxSkew": 1,
        "topologyKey": domain,
        # A full or lost failure domain must not keep a replica from starting elsewhere.
        "whenUnsatisfiable": "ScheduleAnyway",
        "labelSelector": {"matchLabels": {_SERVICE_LABEL: model.name}},
    }


def _record(model: ServedModel, team: Team) -> dict[str, str]:
    return {
        **team.labels,
        "mlplatform.dev/system-id": model.system_id,
        "mlplatform.dev/risk-class": model.risk_class,
    }


def _probes(*, ready: str, live: str, startup_minutes: int) -> Manifest:
    seconds = 10
    return {
        "startupProbe": {
            "httpGet": {"path": ready, "port": PORT},
            "periodSeconds": seconds,
            "failureThreshold": startup_minutes * 60 // seconds,
        },
        "readinessProbe": {"httpGet": {"path": ready, "port": PORT}, "periodSeconds": seconds, "timeoutSeconds": 5},
        "livenessProbe": {"httpGet": {"path": live, "port": PORT}, "periodSeconds": seconds, "timeoutSeconds": 5},
    }


def _runtime(
    name: str,
    container: Manifest,
    scratch: Mapping[str, tuple[str, Manifest]],
    *,
    formats: Sequence[str],
    metrics_port: int,
) -> Manifest:
    return {
        "apiVersion": "serving.kserve.io/v1alpha1",
        "kind": "ClusterServingRuntime",
        "metadata": {"name": name, "annotations": {"serving.kserve.io/server-type": name}},
        "spec": {
            "annotations": {
                "prometheus.kserve.io/path": "/metrics",
                "prometheus.kserve.io/port": str(metrics_port),
            },
            "supportedModelFormats": [{"name": each, "autoSelect": True} for each in formats],
            "containers": [
                {
                    "name": "kserve-container",
                    "imagePullPolicy": "IfNotPresent",
                    "ports": [{"containerPort": PORT, "protocol": "TCP"}],
                    "securityContext": CONFINED,
                    "volumeMounts": [{"name": volume, "mountPath": path} for volume, (path, _) in scratch.items()],
                    **container,
                }
            ],
            "volumes": [{"name": volume, "emptyDir": kind} for volume, (_, kind) in scratch.items()],
        },
    }
