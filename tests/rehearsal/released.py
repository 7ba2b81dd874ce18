"""A real model for the tests of releases: trained in a pod of its team, put into the bucket under its digest."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from components._versions import IMAGES
from tests.rehearsal import iris
from tests.rehearsal.jobs import KEPT, OWNED

if TYPE_CHECKING:
    from tests.rehearsal.conftest import Platform

Json = dict[str, Any]

TEAM: Final = "search"
NAMESPACE: Final = f"team-{TEAM}"
PODS: Final = f"/api/v1/namespaces/{NAMESPACE}/pods"
_FOLDER: Final = f"teams/{TEAM}/models/iris"
_ENDS: Final = ("Succeeded", "Failed")
_TRAIN: Final = """
import base64, io, json, sys
import joblib
from sklearn.datasets import load_iris
from sklearn.{method}
from sklearn.model_selection import train_test_split

x, kept_x, y, kept_y = train_test_split(*load_iris(return_X_y=True), test_size=0.3, random_state=0)
model, file = Method().fit(x, y), io.BytesIO()
joblib.dump(model, file)
print(json.dumps(dict(model=base64.b64encode(file.getvalue()).decode(), accuracy=model.score(kept_x, kept_y))))
"""
_PUT: Final = """
import base64, json, sys
import boto3
access, files = json.loads(sys.argv[1]), json.loads(sys.argv[2])
s3 = boto3.client("s3", region_name="us-east-1", **access["client"])
for key, content in files.items():
    s3.put_object(Bucket=access["bucket"], Key=key, Body=base64.b64decode(content))
"""


@dataclass(frozen=True)
class Trained:
    """A model's file, and how often it was right about flowers that it had not seen."""

    content: bytes
    accuracy: float


def trained(platform: Platform, method: str) -> Trained:
    """Train a classifier of iris flowers with the very scikit-learn that will serve it, by a method of it."""
    name = "iris-training"
    platform.kube.create(PODS, _pod(name, method))
    try:
        with platform.kube.watch(PODS, timeout=180, field_selector=f"metadata.name={name}") as events:
            phase = next(found for event in events if (found := event.object["status"].get("phase")) in _ENDS)
        said = platform.kube.text(f"{PODS}/{name}/log")
    finally:
        platform.kube.delete(f"{PODS}/{name}", grace_seconds=0)
    assert phase == "Succeeded", said
    found = json.loads(said.splitlines()[-1])
    return Trained(base64.b64decode(found["model"]), found["accuracy"])


class Bucket:
    """The artifact bucket as the team has it, with the team's own key."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        namespace, name = platform.summary["outputs"]["artifact_bucket"]["team_secrets"][TEAM].split("/")
        data = platform.kube.get(f"/api/v1/namespaces/{namespace}/secrets/{name}")["data"]
        values = {key: base64.b64decode(value).decode() for key, value in data.items()}
        service = platform.kube.get("/api/v1/namespaces/artifact-store/services/seaweedfs")["spec"]
        self.name = values["BUCKET"]
        self._client = {
            # This machine does not ask the cluster's DNS.
            "endpoint_url": f"http://{service['clusterIP']}:{service['ports'][0]['port']}",
            "aws_access_key_id": values["AWS_ACCESS_KEY_ID"],
            "aws_secret_access_key": values["AWS_SECRET_ACCESS_KEY"],
        }

    def put(self, files: dict[str, bytes]) -> None:
        """Put files, by their keys."""
        encoded = {key: base64.b64encode(content).decode() for key, content in files.items()}
        access = {"client": self._client, "bucket": self.name}
        self._platform.inside(_PUT, json.dumps(access), json.dumps(encoded))

    def model(self, content: bytes) -> str:
        """Put a model below a folder of its digest; the digest, as `sha256sum` would come to it."""
        line = f"{hashlib.sha256(content).hexdigest()}  model.joblib\n"
        digest = f"sha256:{hashlib.sha256(line.encode()).hexdigest()}"
        self.put({f"{folder(digest)}/model.joblib": content})
        return digest

    def address(self, key: str) -> str:
        """The `s3://` address of a file or folder."""
        return f"s3://{self.name}/{key}"


def folder(digest: str) -> str:
    """Where the files of a model are, by their digest."""
    return f"{_FOLDER}/{digest.replace(':', '-')}"


def release(name: str, digest: str, author: str, bucket: Bucket, report: str) -> Json:
    """A release of those files, with the evaluation that is in the bucket at `report`."""
    return {
        "apiVersion": "mlplatform.dev/v1",
        "kind": "ModelRelease",
        "metadata": {"name": name, "namespace": NAMESPACE, "labels": OWNED, "annotations": KEPT},
        "spec": {
            "model": iris.MODEL,
            "version": name,
            "author": author,
            "owner": author,
            "systemId": "flowers",
            "riskClass": "limited",
            "intendedUse": "Tells iris flowers apart, for a test.",
            "storageUri": bucket.address(folder(digest)),
            "digest": digest,
            "server": {"format": "sklearn", "replicas": 1, "cpu": "1", "memory": "1Gi"},
            "smokeRequest": json.dumps(iris.REQUEST["body"]),
            "reports": {"evaluation": bucket.address(report)},
            "thresholds": [{"metric": "accuracy", "atLeast": 0.9, "tolerance": 0.1}],
            "canary": {"steps": [50], "stepSeconds": 5, "readySeconds": 300},
            # Two processors carry a platform besides: what is asked of the servers is to answer.
            "objectives": {"errorRatio": 0.01, "latencySeconds": 10, "windowSeconds": 60, "requests": 20},
        },
    }


def _pod(name: str, method: str) -> Json:
    limits = {"cpu": "500m", "memory": "1Gi"}
    container = {
        "name": "train",
        "image": IMAGES["mlserver"].reference,
        "command": ["python3", "-c", _TRAIN.format(method=method)],
        "resources": {"requests": {"cpu": "100m", "memory": "512Mi"}, "limits": limits},
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
    }
    security = {"runAsNonRoot": True, "runAsUser": 1000, "seccompProfile": {"type": "RuntimeDefault"}}
    spec = {
        "restartPolicy": "Never",
        "automountServiceAccountToken": False,
        "securityContext": security,
        "containers": [container],
    }
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": OWNED, "annotations": KEPT},
        "spec": spec,
    }
