"""Brings a model's releases as far as they can go, and the cluster to what their statuses say.

Always all releases of one model together, and one model at a time: two releases never both believe that it is their
turn. What is wanted is written into the status before anything is done about it, and done again as often as it takes.
"""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from controllers.release import manifests
from controllers.release.machine import CONTROLLER, Approval, Seen, advance
from controllers.release.reading import ROLL_BACK, STOPPED, approval_of, data_of, plan_of, status_of
from controllers.release.states import ENDED, SERVING, Gate, Outcome, Phase, Target, Verdict
from controllers.release.traffic import answers, kept, replaced, shares

if TYPE_CHECKING:
    from controllers.release.cluster import Cluster
    from controllers.release.machine import Plan
    from controllers.release.metrics import Metrics
    from controllers.release.reading import Settings
    from controllers.release.states import Status

Json = dict[str, Any]

_OURS: Final = "/apis/mlplatform.dev/v1/namespaces"
_log: Final = logging.getLogger("releases")


class Model:
    """One model of a namespace, with all its releases."""

    def __init__(self, namespace: str, name: str, cluster: Cluster, metrics: Metrics, settings: Settings) -> None:
        self._namespace, self._name = namespace, name
        self._cluster, self._metrics, self._settings = cluster, metrics, settings
        self._releases: dict[str, Json] = {}
        self._statuses: dict[str, Status] = {}
        self._approvals: list[tuple[str, Approval]] = []

    async def reconcile(self) -> bool:
        """Go as far as can be gone now; whether to look again without being told that something changed."""
        await self._read()
        while self._releases:
            await self._bring_about()
            if not [name for name in self._releases if await self._step(name)]:
                break
        return any(each.phase is Phase.CANARY for each in self._statuses.values())

    async def _read(self) -> None:
        found = await self._cluster.list(f"{_OURS}/{self._namespace}/modelreleases")
        ours = [each for each in found if each["spec"]["model"] == self._name]
        ours = [each for each in ours if "deletionTimestamp" not in each["metadata"]]
        ours.sort(key=lambda each: (each["metadata"]["creationTimestamp"], each["metadata"]["name"]))
        self._releases = {each["metadata"]["name"]: each for each in ours}
        self._statuses = {name: status_of(each) for name, each in self._releases.items()}
        approvals = await self._cluster.list(f"{_OURS}/{self._namespace}/modelapprovals")
        self._approvals = [(each["spec"]["release"], approval_of(each)) for each in approvals]

    async def _step(self, name: str) -> bool:
        """One step of one release; whether there was one."""
        release, status, now = self._releases[name], self._statuses[name], datetime.now(UTC)
        plan = plan_of(release, self._settings)
        after = advance(plan, status, await self._seen(plan, release, status), now)
        if after == status:
            return False
        data = data_of(after, release.get("status") or {}, now)
        path = f"{_OURS}/{self._namespace}/modelreleases/{name}/status"
        # Refused where somebody else wrote meanwhile: what this step was computed from is then not so any more.
        self._releases[name] = await self._cluster.replace(path, {**release, "status": data})
        self._statuses[name] = after
        _log.info("%s/%s: %s, %d %%: %s", self._namespace, name, after.phase, after.traffic, after.message)
        await self._tell(name, status, after, now)
        return True

    async def _seen(self, plan: Plan, release: Json, status: Status) -> Seen:
        name, metadata = plan.name, release["metadata"]
        others = {each: self._statuses[each] for each in self._statuses if each != name}
        live = answers(others)
        canary = status.phase is Phase.CANARY
        ready = canary and await self._ready(name)
        reading = None
        if canary and status.traffic:
            reading = await self._metrics.reading(self._namespace, name, plan.objectives.window)
        return Seen(
            verdict=await self._verdict(release, status, ready=ready),
            approvals=tuple(each for of, each in self._approvals if of == name),
            ready=ready,
            routed=canary and await self._routed(),
            reading=reading,
            live=Target(live, self._releases[live]["spec"]["digest"]) if live else None,
            its_turn=not any(each.phase is Phase.CANARY for each in others.values()),
            replaced=replaced(name, others),
            returns=answers(self._statuses) == name,
            kept=kept(name, others),
            stopped=(metadata.get("labels") or {}).get(STOPPED) == "true",
            rollback_by=(metadata.get("annotations") or {}).get(ROLL_BACK, ""),
        )

    async def _verdict(self, release: Json, status: Status, *, ready: bool) -> Verdict | None:
        gate = status.gate
        if status.phase is Phase.TESTING and gate in (Gate.ARTIFACT, Gate.REPORTS, Gate.PERFORMANCE):
            return await self._judged(release, gate)
        if ready and gate is Gate.SMOKE:
            name, spec = release["metadata"]["name"], release["spec"]
            address = self._settings.servers_url.format(release=name, namespace=self._namespace)
            if "smokeRequest" not in spec:
                return Verdict(Outcome.FAILED, "spec.smokeRequest: is not given; it is what its servers are asked")
            path = "/v1/completions" if spec["server"]["format"] == "llm" else f"/v2/models/{self._name}/infer"
            found = await self._metrics.smoke(address + path, spec["smokeRequest"])
            return Verdict(found.outcome, found.message, found.input, spec["digest"], CONTROLLER)
        return None

    async def _judged(self, release: Json, gate: Gate) -> Verdict | None:
        """What the gate's job found; the job is started where there is none."""
        live = answers(self._statuses)
        record = self._statuses[live].record(Gate.PERFORMANCE) if live else None
        wanted = manifests.job(release, gate, dict(record.verdict.figures if record else ()), self._settings)
        name, jobs = wanted["metadata"]["name"], f"/apis/batch/v1/namespaces/{self._settings.jobs_namespace}/jobs"
        job = await self._cluster.get(f"{jobs}/{name}") or await self._cluster.create(jobs, wanted)
        ended = {
            each["type"] for each in (job or {}).get("status", {}).get("conditions", ()) if each["status"] == "True"
        }
        if "Failed" in ended:
            return Verdict(Outcome.FAILED, f"job {name} could not judge it", by=CONTROLLER)
        if "Complete" not in ended:
            return None
        pods = await self._cluster.list(
            f"/api/v1/namespaces/{self._settings.jobs_namespace}/pods?labelSelector=batch.kubernetes.io/job-name={name}"
        )
        for pod in pods:
            for container in pod.get("status", {}).get("containerStatuses", ()):
                if message := container.get("state", {}).get("terminated", {}).get("message"):
                    return _said(json.loads(message))
        return Verdict(Outcome.FAILED, f"job {name} said nothing", by=CONTROLLER)

    async def _bring_about(self) -> None:
        """Servers, then the route, then away with what has no traffic any more."""
        weights = shares(self._statuses)
        for name, status in self._statuses.items():
            if status.phase in SERVING:
                await self._serve(name, status)
        if not await self._send(weights):
            return
        running = await self._cluster.list(f"{self._servers('')}?labelSelector={manifests.MODEL_LABEL}={self._name}")
        for name in [each["metadata"]["name"] for each in running]:
            if name in self._statuses and self._statuses[name].phase in ENDED and name not in weights:
                await self._cluster.delete(self._servers(name))

    async def _serve(self, name: str, status: Status) -> None:
        record, evaluation = status.record(Gate.APPROVAL), status.record(Gate.PERFORMANCE)
        given = [each for of, each in self._approvals if of == name and record and each.name == record.verdict.input]
        if given:
            evidence = evaluation.verdict.evidence if evaluation else ""
            wanted = manifests.servers(self._releases[name], given[0], evidence)
            await self._cluster.apply(self._servers(name), wanted)

    async def _send(self, weights: dict[str, int]) -> bool:
        """Whether the gateway sends requests as they should be sent."""
        if not weights:
            if any(each.rollback for each in self._statuses.values()):
                await self._cluster.delete(self._route)
            return True
        wanted = manifests.route(self._name, self._releases, weights, self._settings)
        return manifests.is_routed(await self._cluster.apply(self._route, wanted))

    async def _ready(self, name: str) -> bool:
        conditions = (await self._cluster.get(self._servers(name)) or {}).get("status", {}).get("conditions", ())
        return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)

    async def _routed(self) -> bool:
        found = await self._cluster.get(self._route)
        return found is not None and manifests.is_routed(found)

    def _servers(self, name: str) -> str:
        return f"/apis/serving.kserve.io/v1beta1/namespaces/{self._namespace}/inferenceservices/{name}".rstrip("/")

    @property
    def _route(self) -> str:
        return f"/apis/gateway.networking.k8s.io/v1/namespaces/{self._namespace}/httproutes/{self._name}"

    async def _tell(self, name: str, before: Status, after: Status, now: datetime) -> None:
        if (before.phase, before.traffic, before.gate) != (after.phase, after.traffic, after.gate):
            event = manifests.event(self._releases[name], after, now)
            await self._cluster.create(f"/api/v1/namespaces/{self._namespace}/events", event)


def _said(data: Json) -> Verdict:
    figures = tuple(sorted(data.get("figures", {}).items()))
    return Verdict(Outcome(data["verdict"]), data["message"], data["input"], data["evidence"], CONTROLLER, figures)
