"""Runs a drill or a backup now, as its schedule would, and follows it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from cli.drill.reading import BACKUP, BATCH, backup_of, explained, logs, report_in, state_of
from rehearsal.cluster.simulated_nodes import CPU_NODE
from rehearsal.errors import RehearsalError
from rehearsal.kube import Collection, KubeError, Mirror
from rehearsal.places import state_directory

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from cli.console import ConsolePhase, ConsoleReporter
    from rehearsal.kube import Json, Kube

_MARGIN_SECONDS: Final = 60
"""What the cluster may take to say that a Job has reached its deadline."""
_EXPECTED_SECONDS: Final = 30


@dataclass(frozen=True)
class Outcome:
    """What came of a drill."""

    namespace: str
    job: str
    seconds: float
    """From the Job's creation to its end, as seen here."""
    log: Path
    """What all of its steps said."""
    report: Json | None
    """What was restored, and what is wrong with it; None where it could not be tried."""
    untried: str = ""
    """Why it could not be tried."""

    @property
    def exit_code(self) -> int:
        """0: restored as it was; 1: not; 2: not tried."""
        if self.report is None:
            return 2
        return 1 if self.report["wrong"] else 0


@dataclass(frozen=True)
class _Ended:
    """A Job that was started here and has ended."""

    job: str
    state: str
    seconds: float
    log: Path
    said: Mapping[str, str]

    def without_report(self) -> str:
        """Why nothing is known of it but its end."""
        spoken = [(step, text.strip().splitlines()) for step, text in self.said.items()]
        step, lines = next(((step, lines) for step, lines in reversed(spoken) if lines), ("", []))
        last_words = f"; {step} said last: {lines[-1]}" if lines else ""
        return f"the Job {self.job} {self.state} without a report{last_words}"


def run(kube: Kube, schedule: Json, reporter: ConsoleReporter) -> Outcome:
    """Start the drill of a CronJob and wait for its end. RehearsalError where it cannot be started or read."""
    namespace = schedule["metadata"]["namespace"]
    done = _run(kube, schedule, f"drill of {namespace}: restore the newest backup and compare", reporter)
    report = report_in(done.said)
    if report is None or "wrong" not in report:
        return Outcome(namespace, done.job, done.seconds, done.log, None, done.without_report())
    return Outcome(namespace, done.job, done.seconds, done.log, report)


def back_up(kube: Kube, namespace: str, reporter: ConsoleReporter) -> None:
    """Make a backup as its schedule would. RehearsalError where that fails."""
    with explained(kube):
        schedule = backup_of(kube, namespace)
    if schedule is None:
        raise RehearsalError(f"{namespace}: has no CronJob {BACKUP}", remedy="drill without --backup-first")
    done = _run(kube, schedule, f"backup of {namespace}", reporter)
    if done.state != "succeeded":
        raise RehearsalError(
            f"{namespace}: no backup was made, {done.without_report()}", remedy="mend that first", log=done.log
        )


def _run(kube: Kube, schedule: Json, title: str, reporter: ConsoleReporter) -> _Ended:
    namespace = schedule["metadata"]["namespace"]
    with explained(kube):
        name = kube.create(f"{BATCH}/namespaces/{namespace}/jobs", _job(schedule))["metadata"]["name"]
    log = state_directory() / "drills" / f"{namespace}-{name}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    log.touch()
    allowed = schedule["spec"]["jobTemplate"]["spec"]["activeDeadlineSeconds"] + _MARGIN_SECONDS
    started = time.monotonic()
    with reporter.phase(title, log=log, expected_seconds=_EXPECTED_SECONDS) as phase, explained(kube):
        state, pod = _followed(kube, namespace, name, phase, allowed)
        said = logs(kube, pod) if pod else {}
        log.write_text("".join(f"--- {step}\n{text}" for step, text in said.items()))
    return _Ended(name, state, round(time.monotonic() - started, 1), log, said)


def _job(schedule: Json) -> Json:
    """The Job that the CronJob would make, and that it counts and removes as one of its own."""
    metadata, template = schedule["metadata"], schedule["spec"]["jobTemplate"]
    owner = {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "name": metadata["name"],
        "uid": metadata["uid"],
        "controller": True,
    }
    given = template.get("metadata") or {}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": f"{metadata['name']}-{datetime.now(UTC):%Y%m%d-%H%M%S}",
            "labels": given.get("labels") or {},
            "annotations": {**(given.get("annotations") or {}), "cronjob.kubernetes.io/instantiate": "manual"},
            "ownerReferences": [owner],
        },
        "spec": template["spec"],
    }


def _followed(
    kube: Kube, namespace: str, name: str, phase: ConsolePhase, allowed_seconds: float
) -> tuple[str, Json | None]:
    """How the Job ended, and its pod as it was last seen; RehearsalError where it does not end in time."""
    jobs = Collection(f"{BATCH}/namespaces/{namespace}/jobs", field_selector=f"metadata.name={name}")
    selector = f"batch.kubernetes.io/job-name={name}"
    pods = Collection(f"/api/v1/namespaces/{namespace}/pods", label_selector=selector)
    deadline = time.monotonic() + allowed_seconds
    pod: Json | None = None
    doing = ""
    with Mirror(kube, [jobs, pods]) as mirror:
        while True:
            pod = next(iter(mirror.objects(pods)), pod)
            _refuse_a_simulated(pod, kube, f"{jobs.path}/{name}")
            job = next(iter(mirror.objects(jobs)), None)
            if job is None:
                raise KubeError(404, "NotFound", f"the Job {name} was deleted while it ran")
            now = _doing(pod) or doing
            if now != doing:
                doing = now
                phase.note(doing)
                phase.update(doing)
            if (state := state_of(job)) != "running":
                return state, pod
            if not mirror.wait(max(0.0, deadline - time.monotonic())) and time.monotonic() >= deadline:
                raise RehearsalError(
                    f"{namespace}/{name}: has not ended within {allowed_seconds:.0f} s, got: {doing}",
                    remedy=f"kubectl describe job --namespace={namespace} {name}",
                )


def _refuse_a_simulated(pod: Json | None, kube: Kube, job: str) -> None:
    """A simulated pod runs nothing, so its drill would never end."""
    if pod is not None and pod["spec"].get("nodeName") == CPU_NODE:
        kube.delete(job)
        raise RehearsalError(
            f"{kube.server}: simulates the pods of a drill, which restores nothing",
            remedy="drill where pods run: a rehearsal as root, or a cluster",
        )


def _doing(pod: Json | None) -> str | None:
    """The step that a pod is at, or what it waits for; None between two steps."""
    if pod is None:
        return "waits for a pod"
    if not pod["spec"].get("nodeName"):
        return "waits for a node"
    status = pod.get("status", {})
    for each in (*status.get("initContainerStatuses", ()), *status.get("containerStatuses", ())):
        state: Mapping[str, Json] = each.get("state") or {}
        if "running" in state:
            return str(each["name"])
        reason = state.get("waiting", {}).get("reason", "PodInitializing")
        if "waiting" in state and reason != "PodInitializing":
            return f"{each['name']}: {reason}"
    return None
