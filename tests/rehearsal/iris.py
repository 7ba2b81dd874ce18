"""A model on two real servers that tell their versions apart: each trains it when it starts, on data of scikit-learn's
own, with another method."""

from __future__ import annotations

from typing import Any, Final

from components._versions import IMAGES
from tests.rehearsal.jobs import KEPT, OWNED

Json = dict[str, Any]

MODEL: Final = "iris"
NAMESPACE: Final = "team-search"
OTHERS: Final = "team-research"
HOST: Final = f"{MODEL}.{NAMESPACE}.models.internal"
METHODS: Final = {
    "stable": "linear_model import LogisticRegression as Method",
    "canary": "tree import DecisionTreeClassifier as Method",
}
REQUEST: Final[Json] = {
    "path": f"/v2/models/{MODEL}/infer",
    "body": {"inputs": [{"name": "x", "shape": [1, 4], "datatype": "FP64", "data": [5.1, 3.5, 1.4, 0.2]}]},
}
_PORT: Final = 8080
_TRAIN: Final = """
mkdir /tmp/models && cd /tmp/models
python3 -c '
import joblib
from sklearn.datasets import load_iris
from sklearn.{method}
joblib.dump(Method().fit(*load_iris(return_X_y=True)), "model.joblib")'
cat >model-settings.json <<END
{{"name": "{model}", "implementation": "mlserver_sklearn.SKLearnModel",
  "parameters": {{"uri": "./model.joblib", "version": "{version}"}}}}
END
exec mlserver start .
"""


def server(version: str) -> Json:
    """A pod that serves one version of the model."""
    settings = {
        "MLSERVER_PARALLEL_WORKERS": "0",
        "MLSERVER_HTTP_PORT": str(_PORT),
        "MLSERVER_METRICS_DIR": "/tmp/metrics",  # noqa: S108 (of the pod's own)
        "MLSERVER_ENVIRONMENTS_DIR": "/tmp/environments",  # noqa: S108
        "HOME": "/tmp",  # noqa: S108
    }
    size = {"cpu": "50m", "memory": "512Mi"}
    health = {"httpGet": {"path": f"/v2/models/{MODEL}/ready", "port": _PORT}, "periodSeconds": 1}
    container = {
        "name": "server",
        "image": IMAGES["mlserver"].reference,
        "command": ["sh", "-ec", _TRAIN.format(method=METHODS[version], model=MODEL, version=version)],
        "env": [{"name": name, "value": value} for name, value in settings.items()],
        "ports": [{"containerPort": _PORT}],
        "resources": {"requests": size, "limits": {**size, "cpu": "1"}},
        "readinessProbe": {**health, "failureThreshold": 120},
        "livenessProbe": {**health, "initialDelaySeconds": 120},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "readOnlyRootFilesystem": True,
            "runAsNonRoot": True,
            "runAsUser": 1000,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}],  # noqa: S108
    }
    spec = {
        "automountServiceAccountToken": False,
        "terminationGracePeriodSeconds": 1,
        "containers": [container],
        "volumes": [{"name": "tmp", "emptyDir": {}}],
    }
    return {"apiVersion": "v1", "kind": "Pod", "metadata": _named(version), "spec": spec}


def service(version: str) -> Json:
    """The Service of one version."""
    spec = {"selector": {"version": version}, "ports": [{"port": 80, "targetPort": _PORT}]}
    return {"apiVersion": "v1", "kind": "Service", "metadata": _named(version), "spec": spec}


def route(name: str, namespace: str, host: str, weights: dict[str, int]) -> Json:
    """A route to some versions, by shares of the requests."""
    backends = [
        {"name": f"{MODEL}-{version}", "namespace": NAMESPACE, "port": 80, "weight": weight}
        for version, weight in weights.items()
    ]
    spec = {
        "parentRefs": [{"name": "models", "namespace": "model-gateway"}],
        "hostnames": [host],
        "rules": [{"backendRefs": backends}],
    }
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute", "metadata": metadata, "spec": spec}


def grant() -> Json:
    """Leave for the other team's routes to lead to the versions."""
    spec = {
        "from": [{"group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "namespace": OTHERS}],
        "to": [{"group": "", "kind": "Service"}],
    }
    return {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "ReferenceGrant",
        "metadata": {"name": MODEL, "namespace": NAMESPACE},
        "spec": spec,
    }


def _named(version: str) -> Json:
    labels = {**OWNED, "version": version}
    return {"name": f"{MODEL}-{version}", "namespace": NAMESPACE, "labels": labels, "annotations": KEPT}
