"""What a cluster knows of its backups and of the drills that tried them."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from rehearsal.errors import RehearsalError
from rehearsal.kube import KubeError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from rehearsal.kube import Json, Kube

BACKUP: Final = "registry-backup"
DRILL: Final = "registry-drill"
"""Names of the CronJobs, the same in every namespace with a database."""
BATCH: Final = "/apis/batch/v1"
_OURS: Final = "app.kubernetes.io/part-of=mlplatform"
_ENDS: Final = {"Complete": "succeeded", "Failed": "failed"}


@dataclass(frozen=True)
class Run:
    """One run of a schedule that the cluster still keeps."""

    job: str
    started: str
    """RFC 3339."""
    state: str
    """`running`, `succeeded` or `failed`."""
    report: Json | None
    """What its last step said; None where its log is gone or has no report."""


@dataclass(frozen=True)
class History:
    """The backups of one database, and the drills that tried them."""

    namespace: str
    backups: dict[str, int]
    """Bytes of each backup that was in the bucket when the last one was made; the oldest first, named by time."""
    last_backup: str | None
    """When the last backup succeeded, RFC 3339; None: never."""
    last_drill: str | None
    """When the last drill succeeded; None: never."""
    backup_runs: list[Run]
    """The newest first, as those of drills."""
    drill_runs: list[Run]


def drills(kube: Kube, namespace: str | None) -> list[Json]:
    """The CronJobs that try backups, by namespace; RehearsalError where there is none."""
    with explained(kube):
        everything = kube.list(f"{BATCH}/cronjobs", label_selector=_OURS)
    found = sorted((each for each in everything if each["metadata"]["name"] == DRILL), key=_namespace)
    chosen = [each for each in found if namespace in (None, _namespace(each))]
    if chosen:
        return chosen
    if namespace is not None:
        known = ", ".join(map(_namespace, found)) or "none"
        raise RehearsalError(
            f"--namespace: has no CronJob {DRILL}, got {namespace}", remedy=f"namespaces that have one: {known}"
        )
    raise RehearsalError(
        f"{kube.server}: has no CronJob {DRILL}",
        remedy="is it the cluster that the platform runs on? A database with `backup: null`, or on AWS, has no drill",
    )


def backup_of(kube: Kube, namespace: str) -> Json | None:
    """The CronJob that makes the backups of a namespace's database; None where there is none."""
    try:
        return kube.get(f"{BATCH}/namespaces/{namespace}/cronjobs/{BACKUP}")
    except KubeError as error:
        if error.missing:
            return None
        raise


def history(kube: Kube, drill: Json) -> History:
    """What there is beside one drill; RehearsalError where it cannot be read."""
    namespace = _namespace(drill)
    with explained(kube):
        backup = backup_of(kube, namespace)
        backups, drilled = _runs(kube, backup) if backup else [], _runs(kube, drill)
    known = next((each.report for each in backups if each.report and "kept" in each.report), None)
    return History(
        namespace,
        known["kept"] if known else {},
        (backup or {}).get("status", {}).get("lastSuccessfulTime"),
        drill.get("status", {}).get("lastSuccessfulTime"),
        backups,
        drilled,
    )


def state_of(job: Json) -> str:
    """How far a Job is, in a word."""
    conditions = job.get("status", {}).get("conditions") or ()
    return next((_ENDS[each["type"]] for each in conditions if each["type"] in _ENDS and _holds(each)), "running")


def logs(kube: Kube, pod: Json) -> dict[str, str]:
    """What each step of a pod said, in their order; one that never ran has none."""
    spec, metadata = pod["spec"], pod["metadata"]
    said = {}
    for step in [each["name"] for each in (*spec.get("initContainers", ()), *spec["containers"])]:
        path = f"/api/v1/namespaces/{metadata['namespace']}/pods/{metadata['name']}/log?container={step}"
        try:
            said[step] = kube.text(path)
        except KubeError as error:
            if error.code not in (HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND):
                raise
    return said


def report_in(said: Mapping[str, str]) -> Json | None:
    """The line of JSON that all of it ends with; None where there is none."""
    last = [line for text in said.values() for line in text.splitlines() if line.strip()]
    try:
        found: Any = json.loads(last[-1]) if last else None
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


@contextmanager
def explained(kube: Kube) -> Iterator[None]:
    """Make what the API server refuses a RehearsalError that says what to do."""
    try:
        yield
    except KubeError as error:
        raise RehearsalError(f"{kube.server}: {error}", remedy=_remedy(error)) from error


def _remedy(error: KubeError) -> str:
    if error.code == HTTPStatus.FORBIDDEN:
        return "a drill is for operators: it needs to read CronJobs and logs, and to create Jobs beside the database"
    if error.code == HTTPStatus.UNAUTHORIZED:
        return "the credentials of the kubeconfig are not valid, or not any more"
    return "is the cluster up, and the kubeconfig the right one?"


def _runs(kube: Kube, cron_job: Json) -> list[Run]:
    namespace, owner = _namespace(cron_job), cron_job["metadata"]["uid"]
    jobs = [
        each
        for each in kube.list(f"{BATCH}/namespaces/{namespace}/jobs")
        if any(one["uid"] == owner for one in each["metadata"].get("ownerReferences", ()))
    ]
    pods = {
        each["metadata"].get("labels", {}).get("batch.kubernetes.io/job-name"): each
        for each in kube.list(f"/api/v1/namespaces/{namespace}/pods", label_selector="batch.kubernetes.io/job-name")
    }
    newest = sorted(jobs, key=lambda each: str(each["metadata"]["creationTimestamp"]), reverse=True)
    return [_run(kube, each, pods.get(each["metadata"]["name"])) for each in newest]


def _run(kube: Kube, job: Json, pod: Json | None) -> Run:
    state, metadata = state_of(job), job["metadata"]
    report = None if pod is None or state == "running" else report_in(logs(kube, pod))
    return Run(metadata["name"], metadata["creationTimestamp"], state, report)


def _holds(condition: Json) -> bool:
    return bool(condition["status"] == "True")


def _namespace(item: Json) -> str:
    return str(item["metadata"]["namespace"])
