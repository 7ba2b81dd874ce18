"""The resources that the rules' examples start from: each passes every rule as it stands, and uses no accelerators."""

from __future__ import annotations

from typing import Any, Final

Manifest = dict[str, Any]

DIGEST: Final = "sha256:" + "4f" * 32
IMAGE: Final = f"quay.io/feastdev/feature-server@{DIGEST}"
NOT_YET: Final = "2999-12-31T00:00:00Z"
LONG_AGO: Final = "2001-01-01T00:00:00Z"
"""Moments on the same side of whatever day the examples are judged on: a real API server has only today."""
_MODEL_HASH: Final = "0c" * 32
MODEL: Final = f"s3://models/defects/sha256-{_MODEL_HASH}"

_NOBODY: Final = {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
_SIZES: Final = {"requests": {"cpu": "1", "memory": "2Gi"}, "limits": {"cpu": "1", "memory": "2Gi"}}
_HEALTH: Final = {"httpGet": {"path": "/health", "port": 8080}}
_APART: Final = [{"maxSkew": 1, "topologyKey": "kubernetes.io/hostname", "whenUnsatisfiable": "DoNotSchedule"}]
_RBAC: Final = "rbac.authorization.k8s.io"


def container(name: str, *, serves: bool = True) -> Manifest:
    """A container that passes every rule."""
    served = {"ports": [{"containerPort": 8080}], "readinessProbe": _HEALTH, "livenessProbe": _HEALTH}
    return {
        "name": name,
        "image": IMAGE,
        "resources": _SIZES,
        **(served if serves else {}),
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "readOnlyRootFilesystem": True,
        },
    }


def pod() -> Manifest:
    """A pod spec that passes every rule."""
    return {
        "automountServiceAccountToken": False,
        "securityContext": _NOBODY,
        "topologySpreadConstraints": _APART,
        "initContainers": [container("first", serves=False)],
        "containers": [container("main"), container("sidecar")],
    }


def predictor() -> Manifest:
    """What an InferenceService serves a model with, where its runtime says the rest."""
    return {
        "minReplicas": 2,
        "topologySpreadConstraints": _APART,
        "automountServiceAccountToken": False,
        "securityContext": _NOBODY,
        "model": {"runtime": "vllm", "storageUri": MODEL, "resources": _SIZES},
    }


def _object(api_version: str, kind: str, *, namespace: str = "team-vision", **body: object) -> Manifest:
    labels = {
        "mlplatform.dev/owner": "vision",
        "mlplatform.dev/cost-centre": "cc-1042",
        "kueue.x-k8s.io/queue-name": "vision",
    }
    placed = {"namespace": namespace} if namespace else {}
    return {
        "apiVersion": api_version,
        "kind": kind,
        "metadata": {"name": "example", **placed, "labels": labels, "annotations": {"mlplatform.dev/ttl": "24h"}},
        **body,
    }


def _made_of(api_version: str, kind: str, /, *, placed: str = "team-vision", **spec: object) -> Manifest:
    return _object(api_version, kind, namespace=placed, spec=spec)


def _served(manifest: Manifest, digest: str) -> Manifest:
    """The manifest with everything on record that a model of the highest allowed risk class must have."""
    metadata = manifest["metadata"]
    metadata["labels"] |= {
        "mlplatform.dev/system-id": "defects",
        "mlplatform.dev/risk-class": "limited",
        "validation.ml.sigstore.dev/ml": "defects",
    }
    record = {
        "intended-use": "finds scratches on cast parts",
        "model-digest": digest,
        "model-card": DIGEST,
        "model-card-subject": digest,
        "evaluation": DIGEST,
        "evaluation-subject": digest,
        "evaluation-result": "passed",
        "evaluated-at": NOT_YET,
        "approved-digests": digest,
        "approved-by": "grace.hopper",
        "authored-by": "ada.lovelace",
        "approval": "MLP-17",
        "approval-expires": NOT_YET,
    }
    metadata["annotations"] |= {f"mlplatform.dev/{key}": value for key, value in record.items()}
    return manifest


def _role(kind: str, namespace: str) -> Manifest:
    allowed = [
        {"apiGroups": ["batch"], "resources": ["jobs"], "verbs": ["get", "list", "create"]},
        {"apiGroups": [""], "resources": ["pods", "pods/log"], "verbs": ["get", "list"]},
    ]
    if not namespace:
        allowed.append({"nonResourceURLs": ["/healthz"], "verbs": ["get"]})
    return _object(f"{_RBAC}/v1", kind, namespace=namespace, rules=allowed)


def _binding(kind: str, role: str, namespace: str) -> Manifest:
    subjects = [{"apiGroup": _RBAC, "kind": "Group", "name": name} for name in ("vision", "audio")]
    role_ref = {"apiGroup": _RBAC, "kind": role, "name": "job-runner"}
    return _object(f"{_RBAC}/v1", kind, namespace=namespace, roleRef=role_ref, subjects=subjects)


def _namespace() -> Manifest:
    manifest = _object("v1", "Namespace", namespace="")
    manifest["metadata"]["name"] = "team-vision"
    manifest["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] = "restricted"
    return manifest


_APP: Final = {"app": "example"}
_TEMPLATE: Final = {"metadata": {"labels": _APP}, "spec": pod()}
_OWNED: Final[Manifest] = {"selector": {"matchLabels": _APP}, "template": _TEMPLATE}
_JOB: Final[Manifest] = {"ttlSecondsAfterFinished": 3600, "template": {"spec": {**pod(), "restartPolicy": "Never"}}}
_REPLICATED: Final = [{"name": name, "template": {"spec": _JOB}} for name in ("node", "launcher")]
_RAY: Final[Manifest] = {
    "headGroupSpec": {"template": _TEMPLATE},
    "workerGroupSpecs": [{"groupName": name, "template": _TEMPLATE} for name in ("gpu", "cpu")],
}
_TRAINER: Final = "trainer.kubeflow.org/v1alpha1"
_KSERVE: Final = "serving.kserve.io/v1alpha1"
_DNS: Final = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}}}

_ADMISSION: Final = "admissionregistration.k8s.io/v1"
_PARAMETERS: Final = {"name": "limits", "parameterNotFoundAction": "Deny"}

WORKLOAD_BASES: Final[dict[str, Manifest]] = {
    "pod": _made_of("v1", "Pod", **pod()),
    "pod template": _object("v1", "PodTemplate", template=_TEMPLATE),
    "replication controller": _made_of("v1", "ReplicationController", selector=_APP, template=_TEMPLATE),
    "deployment": _made_of("apps/v1", "Deployment", replicas=2, **_OWNED),
    "replica set": _made_of("apps/v1", "ReplicaSet", replicas=2, **_OWNED),
    "stateful set": _made_of("apps/v1", "StatefulSet", serviceName="example", **_OWNED),
    "daemon set": _made_of("apps/v1", "DaemonSet", **_OWNED),
    "job": _made_of("batch/v1", "Job", **_JOB),
    "cron job": _made_of("batch/v1", "CronJob", schedule="0 3 * * *", jobTemplate={"spec": _JOB}),
    "job set": _made_of("jobset.x-k8s.io/v1alpha2", "JobSet", ttlSecondsAfterFinished=3600, replicatedJobs=_REPLICATED),
    "training runtime": _made_of(
        _TRAINER, "ClusterTrainingRuntime", placed="", template={"spec": {"replicatedJobs": _REPLICATED}}
    ),
    "team training runtime": _made_of(_TRAINER, "TrainingRuntime", template={"spec": {"replicatedJobs": _REPLICATED}}),
    "train job": _made_of(
        _TRAINER, "TrainJob", runtimeRef={"name": "torch-distributed"}, trainer={"image": IMAGE, "numNodes": 2}
    ),
    "ray cluster": _made_of("ray.io/v1", "RayCluster", **_RAY),
    "ray job": _made_of("ray.io/v1", "RayJob", ttlSecondsAfterFinished=3600, rayClusterSpec=_RAY),
    "ray service": _made_of("ray.io/v1", "RayService", rayClusterConfig=_RAY),
    "serving runtime": _made_of(_KSERVE, "ClusterServingRuntime", placed="", containers=pod()["containers"]),
    "team serving runtime": _made_of(_KSERVE, "ServingRuntime", containers=pod()["containers"]),
    "inference service": _served(
        _made_of(
            "serving.kserve.io/v1beta1",
            "InferenceService",
            predictor=predictor(),
        ),
        f"sha256:{_MODEL_HASH}",
    ),
    "llm inference service": _served(
        _made_of(
            _KSERVE,
            "LLMInferenceService",
            model={"name": "assistant", "uri": f"oci://ghcr.io/kubeflow/assistant@{DIGEST}"},
            template={"containers": [{"name": "main", "image": IMAGE}, {"name": "sidecar"}]},
        ),
        DIGEST,
    ),
}

BASES: Final[dict[str, Manifest]] = {
    **WORKLOAD_BASES,
    "namespace": _namespace(),
    "network policy": _made_of(
        "networking.k8s.io/v1",
        "NetworkPolicy",
        podSelector={},
        policyTypes=["Ingress", "Egress"],
        ingress=[{"from": [{"podSelector": {}}]}],
        egress=[{"to": [{"podSelector": {}}]}, {"to": [_DNS]}],
    ),
    "role": _role("Role", "team-vision"),
    "cluster role": _role("ClusterRole", ""),
    "binding": _binding("RoleBinding", "Role", "team-vision"),
    "cluster binding": _binding("ClusterRoleBinding", "ClusterRole", ""),
    "disruption budget": _made_of("policy/v1", "PodDisruptionBudget", maxUnavailable=1, selector={"matchLabels": _APP}),
    "validating policy": _made_of(_ADMISSION, "ValidatingAdmissionPolicy", placed="", failurePolicy="Fail"),
    "mutating policy": _made_of(_ADMISSION, "MutatingAdmissionPolicy", placed="", failurePolicy="Fail"),
    "validating binding": _made_of(_ADMISSION, "ValidatingAdmissionPolicyBinding", placed="", paramRef=_PARAMETERS),
    "mutating binding": _made_of(_ADMISSION, "MutatingAdmissionPolicyBinding", placed="", paramRef=_PARAMETERS),
    "model release": _made_of("mlplatform.dev/v1alpha1", "ModelRelease", author="ada.lovelace", digest=DIGEST),
    "model approval": _made_of(
        "mlplatform.dev/v1alpha1",
        "ModelApproval",
        release="defects-7",
        digest=DIGEST,
        author="ada.lovelace",
        approver="grace.hopper",
        ticket="MLP-17",
        expires=NOT_YET,
    ),
    "alert rules": _made_of("monitoring.coreos.com/v1", "PrometheusRule", groups=[]),
    "config map": _object("v1", "ConfigMap", data={"rules.yaml": "groups: []"}),
    "service": _made_of("v1", "Service", type="ClusterIP", ports=[{"port": 80}]),
    "node class": _made_of(
        "karpenter.k8s.aws/v1",
        "EC2NodeClass",
        placed="",
        metadataOptions={"httpTokens": "required", "httpPutResponseHopLimit": 1},
        blockDeviceMappings=[{"deviceName": "/dev/xvda", "ebs": {"encrypted": True, "volumeSize": "100Gi"}}],
        userData="[settings]",
    ),
    "node pool": _made_of(
        "karpenter.sh/v1",
        "NodePool",
        placed="",
        template={
            "metadata": {"labels": {"mlplatform.dev/pool": "general"}},
            "spec": {
                "requirements": [
                    {"key": "karpenter.k8s.aws/instance-category", "operator": "In", "values": ["m", "c"]},
                    {"key": "karpenter.sh/capacity-type", "operator": "In", "values": ["on-demand"]},
                ]
            },
        },
    ),
    "resource quota": _made_of("v1", "ResourceQuota", hard={"requests.nvidia.com/gpu": "8"}),
}
