"""Watches releases and all that they depend on, and reconciles a model whenever something of it changed.

python -m controllers.release --settings /etc/release/settings.json
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
from pathlib import Path
from typing import Any, Final

import aiohttp
import kopf

from controllers.release.cluster import Cluster, RefusedError
from controllers.release.figures import Figures
from controllers.release.manifests import MODEL_LABEL, NAMESPACE_LABEL
from controllers.release.metrics import Metrics
from controllers.release.reading import Settings
from controllers.release.reconcile import Model

Key = tuple[str, str]
"""Namespace and name of a model."""

_WORKERS: Final = 8
_RETRY_SECONDS: Final = 2.0
_log: Final = logging.getLogger("releases")


class Controller:
    """Models that something changed of, each reconciled by one worker at a time."""

    def __init__(self, settings: Settings, metrics_port: int | None = None) -> None:
        self._settings, self._metrics_port = settings, metrics_port
        self._figures = Figures()
        self._due: asyncio.Queue[Key] = asyncio.Queue()
        self._waiting: set[Key] = set()
        self._busy: set[Key] = set()
        self._again: set[Key] = set()
        self._timers: dict[Key, asyncio.TimerHandle] = {}
        self._models: dict[tuple[str, str], str] = {}
        self._cluster: Cluster
        self._metrics: Metrics
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self, settings: kopf.OperatorSettings, **_: object) -> None:
        """Connect, and let the workers begin."""
        login = kopf.login_with_service_account(settings=settings) or kopf.login_with_kubeconfig(settings=settings)
        if login is None:
            raise kopf.PermanentError("no cluster: neither a service account nor a kubeconfig is here")
        # Nothing is written on objects to remember what was seen: the status says it.
        settings.posting.enabled = False
        self._cluster, self._metrics = Cluster(login), Metrics(self._settings.metrics_url)
        if self._metrics_port is not None:
            await self._figures.serve(self._metrics_port)
        self._tasks = [asyncio.create_task(self._work()) for _ in range(_WORKERS)]

    async def stop(self, **_: object) -> None:
        """Let go of everything; nothing is lost, since all is in the statuses."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._cluster.close()
        await self._metrics.close()
        await self._figures.close()

    async def release_changed(self, body: kopf.Body, type: str | None, **_: object) -> None:  # noqa: A002 (kopf's name)
        """A release came, changed or went."""
        namespace, name = str(body["metadata"]["namespace"]), str(body["metadata"]["name"])
        phase = body.get("status", {}).get("phase", "Registered")
        self._figures.release(namespace, name, None if type == "DELETED" else phase)
        self._models[namespace, name] = body["spec"]["model"]
        self._add((namespace, body["spec"]["model"]))

    async def approval_changed(self, body: kopf.Body, **_: object) -> None:
        """An approval came or went."""
        namespace = str(body["metadata"]["namespace"])
        if model := self._models.get((namespace, body["spec"]["release"])):
            self._add((namespace, model))

    async def part_changed(self, body: kopf.Body, **_: object) -> None:
        """A server, a route or a job of a release changed."""
        metadata: Any = body["metadata"]
        labels = metadata["labels"]
        self._add((labels.get(NAMESPACE_LABEL, metadata["namespace"]), labels[MODEL_LABEL]))

    def _add(self, key: Key) -> None:
        if timer := self._timers.pop(key, None):
            timer.cancel()
        if key in self._busy:
            self._again.add(key)
        elif key not in self._waiting:
            self._waiting.add(key)
            self._due.put_nowait(key)

    async def _work(self) -> None:
        while True:
            key = await self._due.get()
            self._waiting.discard(key)
            self._busy.add(key)
            try:
                later = self._settings.poll_seconds if await self._model(key).reconcile() else None
                self._figures.reconciled("done")
            except (RefusedError, aiohttp.ClientError, TimeoutError) as error:
                _log.warning("%s/%s: %s; tried again", *key, error)
                self._figures.reconciled("refused")
                later = _RETRY_SECONDS
            except Exception:  # noqa: BLE001 (one model's mistake keeps no other from going on)
                _log.exception("%s/%s: tried again", *key)
                self._figures.reconciled("failed")
                later = _RETRY_SECONDS * 10
            self._busy.discard(key)
            if key in self._again:
                self._again.discard(key)
                self._add(key)
            elif later is not None:
                self._timers[key] = asyncio.get_running_loop().call_later(later, self._add, key)

    def _model(self, key: Key) -> Model:
        return Model(*key, self._cluster, self._metrics, self._settings)


def registry_of(controller: Controller) -> kopf.OperatorRegistry:
    """What kopf watches, and whom it tells."""
    registry = kopf.OperatorRegistry()
    kopf.on.login(registry=registry)(_login)
    kopf.on.startup(registry=registry)(controller.start)
    kopf.on.cleanup(registry=registry)(controller.stop)
    ours = {MODEL_LABEL: kopf.PRESENT}
    kopf.on.event("mlplatform.dev", "v1", "modelreleases", registry=registry)(controller.release_changed)
    kopf.on.event("mlplatform.dev", "v1", "modelapprovals", registry=registry)(controller.approval_changed)
    for group, version, plural in (
        ("serving.kserve.io", "v1beta1", "inferenceservices"),
        ("gateway.networking.k8s.io", "v1", "httproutes"),
        ("batch", "v1", "jobs"),
    ):
        kopf.on.event(group, version, plural, labels=ours, registry=registry)(controller.part_changed)
    return registry


def _login(settings: kopf.OperatorSettings, **_: object) -> kopf.ConnectionInfo | None:
    return kopf.login_with_service_account(settings=settings) or kopf.login_with_kubeconfig(settings=settings)


def main() -> None:
    """Run until told to stop."""
    parser = argparse.ArgumentParser(description="Take model releases through their gates.")
    parser.add_argument("--settings", type=Path, required=True, help="the controller's settings, as JSON")
    parser.add_argument("--health", default="http://0.0.0.0:8080/healthz", help="where it answers that it lives")
    parser.add_argument("--metrics-port", type=int, help="where Prometheus reads /metrics; absent: nowhere")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    # One says of every event that somebody was told, the other of every probe that it was answered.
    for talkative in ("kopf.objects", "aiohttp.access"):
        logging.getLogger(talkative).setLevel(logging.WARNING)
    controller = Controller(Settings.of(json.loads(arguments.settings.read_text())), arguments.metrics_port)
    kopf.run(registry=registry_of(controller), clusterwide=True, standalone=True, liveness_endpoint=arguments.health)


if __name__ == "__main__":
    main()
