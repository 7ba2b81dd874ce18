"""What is around the controller: a bucket, metrics and model servers that a test sets, and parts of the cluster that
have no programs here (kubelet, KServe, a gateway), played by writing the statuses that they would write."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Final, Self
from urllib.parse import parse_qs, urlsplit

import boto3

from rehearsal.kube import Collection, Kube, KubeError, Mirror
from tests.delivery.conftest import NAMESPACE

if TYPE_CHECKING:
    from pathlib import Path

Json = dict[str, Any]

BUCKET: Final = "artifacts"
KEYS: Final = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1"}
_SERVERS: Final = f"/apis/serving.kserve.io/v1beta1/namespaces/{NAMESPACE}/inferenceservices"
_ROUTES: Final = f"/apis/gateway.networking.k8s.io/v1/namespaces/{NAMESPACE}/httproutes"
_SERVICE: Final = {"apiVersion": "serving.kserve.io/v1beta1", "kind": "InferenceService"}
_ROUTE: Final = {"apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute"}
_POD: Final = {"apiVersion": "v1", "kind": "Pod"}
_PODS: Final = "/api/v1/namespaces/delivery/pods"


class Answers(ThreadingHTTPServer):
    """Prometheus and the model servers behind one port. ``figures`` are requests, errors and seconds by release."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.figures: dict[str, tuple[float, float, float]] = {}
        self.broken: set[str] = set()
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Answers

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        query = parse_qs(urlsplit(self.path).query)["query"][0]
        release = query.partition('model="')[2].partition('"')[0]
        requests, errors, seconds = self.server.figures.get(release, (100.0, 0.0, 0.1))
        value = seconds if "histogram" in query else errors if "5.." in query else requests
        self._answer(200, {"status": "success", "data": {"result": [{"value": [0, str(value)]}]}})

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        release = self.path.split("/")[1]
        self._answer(500 if release in self.server.broken else 200, {"outputs": []})

    def _answer(self, code: int, body: Json) -> None:
        content = json.dumps(body).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


class Around:
    """Plays kubelet, KServe and gateway until it is closed. ``unready`` are releases whose servers do not start."""

    def __init__(self, kube: Kube, s3: str, directory: Path) -> None:
        self.unready: set[str] = set()
        self._kube, self._directory = kube, directory
        self._environment = {**os.environ, **KEYS, "AWS_ENDPOINT_URL": s3}
        self._ended = threading.Event()
        self._mirror = Mirror(kube, [Collection(path) for path in (_PODS, _SERVERS, _ROUTES)])
        self._thread = threading.Thread(target=self._play, daemon=True)

    def __enter__(self) -> Self:
        self._mirror.__enter__()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join(30)
        self._mirror.__exit__(None, None, None)

    def _play(self) -> None:
        while not self._ended.is_set():
            for pod in self._mirror.objects(Collection(_PODS)):
                if pod.get("status", {}).get("phase") == "Pending":
                    self._run(pod)
            for server in self._mirror.objects(Collection(_SERVERS)):
                wanted = "False" if server["metadata"]["name"] in self.unready else "True"
                if server.get("status", {}).get("conditions", [{}])[0].get("status") != wanted:
                    self._write(_SERVICE, server, {"conditions": [{"type": "Ready", "status": wanted}]})
            for route in self._mirror.objects(Collection(_ROUTES)):
                generation = route["metadata"]["generation"]
                said = [
                    {"type": kind, "status": "True", "observedGeneration": generation}
                    for kind in ("Accepted", "ResolvedRefs")
                ]
                if route.get("status", {}).get("parents", [{}])[0].get("conditions") != said:
                    self._write(_ROUTE, route, {"parents": [{"conditions": said}]})
            self._mirror.wait(0.2)

    def _run(self, pod: Json) -> None:
        """What the kubelet does with a pod of a gate's job: the very program, with the very arguments."""
        container = pod["spec"]["containers"][0]
        verdict = self._directory / pod["metadata"]["name"]
        arguments = [str(verdict) if each == "/dev/termination-log" else each for each in container["args"]]
        done = subprocess.run([sys.executable, *arguments], env=self._environment, capture_output=True, text=True)
        ended = {"exitCode": done.returncode, "reason": "Completed" if done.returncode == 0 else "Error"}
        if verdict.exists():
            ended["message"] = verdict.read_text()
        status = {
            "phase": "Succeeded" if done.returncode == 0 else "Failed",
            "containerStatuses": [
                {
                    "name": container["name"],
                    "image": container["image"],
                    "imageID": "",
                    "ready": False,
                    "restartCount": 0,
                    "state": {"terminated": ended},
                }
            ],
        }
        self._write(_POD, pod, status)

    def _write(self, kind: Json, item: Json, status: Json) -> None:
        name = {each: item["metadata"][each] for each in ("name", "namespace")}
        try:
            self._kube.apply({**kind, "metadata": name, "status": status}, field_manager="around", subresource="status")
        except KubeError as error:
            if not error.missing:
                raise


class Bucket:
    """The artifact bucket, with what a test puts there."""

    def __init__(self, endpoint: str) -> None:
        self._s3 = boto3.client(
            "s3",
            endpoint_url=endpoint,
            aws_access_key_id="test",
            aws_secret_access_key="test",  # noqa: S106 (moto asks nobody)
            region_name="us-east-1",
        )
        self._s3.create_bucket(Bucket=BUCKET)

    def model(self, files: dict[str, bytes]) -> str:
        """Put a model below a folder of its digest; the digest, as `sha256sum` would come to it."""
        lines = "".join(f"{hashlib.sha256(files[path]).hexdigest()}  {path}\n" for path in sorted(files))
        digest = hashlib.sha256(lines.encode()).hexdigest()
        for path, content in files.items():
            self.put(f"{_FOLDER}/sha256-{digest}/{path}", content)
        return f"sha256:{digest}"

    def put(self, key: str, content: bytes) -> str:
        """Put a file; its address."""
        self._s3.put_object(Bucket=BUCKET, Key=key, Body=content)
        return f"s3://{BUCKET}/{key}"


_FOLDER: Final = "teams/research/models/defects"


def storage(digest: str) -> str:
    """The folder of a model."""
    return f"s3://{BUCKET}/{_FOLDER}/{digest.replace(':', '-')}"
