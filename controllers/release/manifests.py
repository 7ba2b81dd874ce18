"""What a release has in the cluster: its servers, the route of its model, and the jobs that judge its gates.

Every release has an InferenceService of its own, which never changes, and a rollback only moves traffic: the servers
that had it before still run, with the digest that they had. KServe's own canary is not used: in 0.20 `spec.canary`
makes a second Deployment but its routes name the stable Service alone, and `canaryTrafficPercent` does nothing in
standard mode. Shares are weights of an HTTPRoute of ours until upstream does it (kserve pull 5912).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from controllers.release.machine import CONTROLLER
from controllers.release.reading import STOPPED
from controllers.release.states import Gate, Phase, Status

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from controllers.release.machine import Approval
    from controllers.release.reading import Settings

Json = dict[str, Any]

MODEL_LABEL: Final = "mlplatform.dev/model"
NAMESPACE_LABEL: Final = "mlplatform.dev/namespace"
"""Whose job it is: jobs are in another namespace than their release."""
_RUNTIMES: Final = {"llm": "vllm"}
_USER: Final = 1000
_FAILURE_DOMAINS: Final = ("kubernetes.io/hostname", "topology.kubernetes.io/zone")


def servers(release: Json, approval: Approval, evaluation: str) -> Json:
    """The release's InferenceService. It bears the approval, without which admission refuses it."""
    spec, name = release["spec"], release["metadata"]["name"]
    server, digest = spec["server"], spec["digest"]
    annotations = {
        "serving.kserve.io/deploymentMode": "Standard",
        "serving.kserve.io/autoscalerClass": "none",
        "mlplatform.dev/intended-use": spec["intendedUse"],
        "mlplatform.dev/model-digest": digest,
        "mlplatform.dev/approved-digests": digest,
        "mlplatform.dev/approved-by": approval.approver,
        "mlplatform.dev/authored-by": spec["author"],
        "mlplatform.dev/approval": approval.ticket,
        "mlplatform.dev/approval-expires": approval.expires.isoformat().replace("+00:00", "Z"),
    }
    if evaluation:
        annotations |= {
            "mlplatform.dev/evaluation": evaluation,
            "mlplatform.dev/evaluation-subject": digest,
            "mlplatform.dev/evaluation-result": "passed",
        }
    size = {"cpu": server["cpu"], "memory": server["memory"]}
    model = {
        "modelFormat": {"name": server["format"]},
        "runtime": _RUNTIMES.get(server["format"], "mlserver"),
        "storageUri": spec["storageUri"],
        "resources": {"requests": size, "limits": size},
        **_known_as(spec),
    }
    predictor = {
        "minReplicas": server["replicas"],
        "maxReplicas": server["replicas"],
        "serviceAccountName": server["account"],
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": _USER,
            "runAsGroup": _USER,
            "fsGroup": _USER,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "topologySpreadConstraints": [_spread(domain, name) for domain in _FAILURE_DOMAINS],
        "model": model,
    }
    metadata = {
        "name": name,
        "namespace": release["metadata"]["namespace"],
        "labels": _labels(release),
        "annotations": annotations,
        "ownerReferences": [{**_owner(release), "controller": True}],
    }
    return {
        "apiVersion": "serving.kserve.io/v1beta1",
        "kind": "InferenceService",
        "metadata": metadata,
        "spec": {"predictor": predictor},
    }


def route(model: str, releases: Mapping[str, Json], weights: Mapping[str, int], settings: Settings) -> Json:
    """The model's HTTPRoute: one host, whose requests are divided among the releases. It goes with the last of its
    releases."""
    namespace = next(iter(releases.values()))["metadata"]["namespace"]
    backends = [
        {"name": f"{release}-predictor", "port": 80, "weight": weight} for release, weight in sorted(weights.items())
    ]
    return {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "HTTPRoute",
        "metadata": {
            "name": model,
            "namespace": namespace,
            "labels": {MODEL_LABEL: model},
            "ownerReferences": [_owner(each) for each in releases.values()],
        },
        "spec": {
            "parentRefs": [{"name": settings.gateway["name"], "namespace": settings.gateway["namespace"]}],
            "hostnames": [f"{model}.{namespace}.{settings.domain}"],
            "rules": [{"backendRefs": backends}],
        },
    }


def is_routed(route: Json) -> bool:
    """Whether a gateway has taken over the route as it is now."""
    generation = route["metadata"].get("generation")
    return any(
        all(
            any(
                each["type"] == wanted and each["status"] == "True" and each.get("observedGeneration") == generation
                for each in parent.get("conditions", ())
            )
            for wanted in ("Accepted", "ResolvedRefs")
        )
        for parent in route.get("status", {}).get("parents", ())
    )


def job(release: Json, gate: Gate, production: Mapping[str, float], settings: Settings) -> Json:
    """The job that judges a gate from what is in the bucket."""
    metadata, spec = release["metadata"], release["spec"]
    question = {
        "gate": str(gate),
        "digest": spec["digest"],
        "storage": spec["storageUri"],
        "reports": spec["reports"],
        "thresholds": spec["thresholds"],
        "production": dict(production),
    }
    template = json.loads(json.dumps(settings.job))
    container = template["spec"]["containers"][0]
    container["args"] = [*container.get("args", ()), json.dumps(question)]
    labels = {MODEL_LABEL: spec["model"], NAMESPACE_LABEL: metadata["namespace"]}
    template.setdefault("metadata", {}).setdefault("labels", {}).update(labels)
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            # The uid tells releases of one name apart, in other namespaces or made again.
            "name": f"{gate}-{metadata['uid']}",
            "namespace": settings.jobs_namespace,
            "labels": labels,
        },
        "spec": {
            "backoffLimit": 3,
            "activeDeadlineSeconds": 3600,
            "ttlSecondsAfterFinished": 86400,
            "template": template,
        },
    }


def event(release: Json, status: Status, now: datetime) -> Json:
    """What `kubectl describe` shows of a step."""
    metadata = release["metadata"]
    reference = {**_owner(release), "namespace": metadata["namespace"]}
    bad = status.phase in (Phase.FAILED, Phase.ROLLED_BACK)
    moment = now.isoformat(timespec="seconds")
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"generateName": f"{metadata['name']}.", "namespace": metadata["namespace"]},
        "involvedObject": reference,
        "type": "Warning" if bad else "Normal",
        "reason": str(status.phase),
        "message": f"{status.traffic} % of the traffic. {status.message}".strip(),
        "source": {"component": CONTROLLER},
        "firstTimestamp": moment,
        "lastTimestamp": moment,
        "count": 1,
    }


def _known_as(spec: Json) -> Json:
    """All releases of a model answer to the model's name, so that callers need not know which of them they reach."""
    if spec["server"]["format"] == "llm":
        return {"args": [f"--served-model-name={spec['model']}"]}
    names = {"MLSERVER_MODEL_NAME": spec["model"], "MLSERVER_MODEL_VERSION": spec["version"]}
    return {"env": [{"name": name, "value": value} for name, value in names.items()]}


def _spread(domain: str, name: str) -> Json:
    """Replicas on different machines and in different zones, as long as these have room."""
    return {
        "maxSkew": 1,
        "topologyKey": domain,
        "whenUnsatisfiable": "ScheduleAnyway",
        "labelSelector": {"matchLabels": {"serving.kserve.io/inferenceservice": name}},
    }


def _labels(release: Json) -> dict[str, str]:
    """The release's own, which teams are told apart and charged by, and those of a served model."""
    spec, own = release["spec"], release["metadata"].get("labels") or {}
    return {
        **{name: value for name, value in own.items() if name != STOPPED},
        MODEL_LABEL: spec["model"],
        "mlplatform.dev/owner": spec["owner"],
        "mlplatform.dev/system-id": spec["systemId"],
        "mlplatform.dev/risk-class": spec["riskClass"],
    }


def _owner(release: Json) -> Json:
    metadata = release["metadata"]
    return {
        "apiVersion": release["apiVersion"],
        "kind": release["kind"],
        "name": metadata["name"],
        "uid": metadata["uid"],
    }
