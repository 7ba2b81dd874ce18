"""Say to Prometheus how the platform's CronJobs are: when each last succeeded, when its next success is due, whether
its last run failed, and what the last comparison of online and offline features found. It only reads.

    python -m controllers.schedule_exporter --port 8000

A success is due at the first time of the schedule after the last one, plus what Kubernetes may take to start a run and
a run to end, all of which the CronJob itself says. So there is nothing to keep in step with a schedule.

Metrics, all with the labels `schedule_namespace` and `schedule`, the CronJob's name:

    mlplatform_schedule_last_success_timestamp_seconds   absent while there was none
    mlplatform_schedule_success_due_timestamp_seconds
    mlplatform_schedule_last_run_failed                  1 or 0; absent while none has ended
    mlplatform_feature_skew_entities                     also by `feature_view`, `feature`, `verdict`

and `mlplatform_schedules`, how many there are.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import ssl
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from controllers.cron import Cron
from controllers.skew_verdicts import VERDICTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

Json = dict[str, Any]
Sample = tuple[str, "Mapping[str, str]", float]
"""Name, labels and value."""

OURS: Final = "app.kubernetes.io/part-of=mlplatform"
_ACCOUNT: Final = Path("/var/run/secrets/kubernetes.io/serviceaccount")
_JOB_NAME: Final = "batch.kubernetes.io/job-name"
_ENDS: Final = ("Complete", "Failed")
_TIMEOUT_SECONDS: Final = 10
_log: Final = logging.getLogger("schedules")


def samples(read: Callable[[str], list[Json]]) -> Iterator[Sample]:
    """What there is to say; `read` answers with the items of a collection."""
    cron_jobs = read(f"/apis/batch/v1/cronjobs?{urlencode({'labelSelector': OURS})}")
    yield "mlplatform_schedules", {}, float(len(cron_jobs))
    for namespace in sorted({each["metadata"]["namespace"] for each in cron_jobs}):
        jobs = read(f"/apis/batch/v1/namespaces/{namespace}/jobs")
        pods = read(f"/api/v1/namespaces/{namespace}/pods?{urlencode({'labelSelector': _JOB_NAME})}")
        for cron_job in cron_jobs:
            if cron_job["metadata"]["namespace"] == namespace:
                yield from _of_schedule(cron_job, [each for each in jobs if _owned(each, cron_job)], pods)


def success_due(cron_job: Json) -> datetime | None:
    """By when the CronJob should have succeeded again; None where its schedule is not one of five fields in UTC."""
    spec, status = cron_job["spec"], cron_job.get("status", {})
    since = _time(status.get("lastSuccessfulTime") or cron_job["metadata"]["creationTimestamp"])
    if spec.get("timeZone") != "Etc/UTC":
        return None
    try:
        starts = Cron.of(spec["schedule"]).after(since)
    except ValueError:
        return None
    job = spec["jobTemplate"]["spec"]
    return starts + timedelta(seconds=spec.get("startingDeadlineSeconds", 0) + job.get("activeDeadlineSeconds", 0))


def exposition(found: Iterable[Sample]) -> str:
    """The samples as Prometheus reads them."""
    lines: dict[str, list[str]] = {}
    for name, labels, value in found:
        written = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels.items())
        series = f"{name}{{{written}}}" if written else name
        lines.setdefault(name, [f"# TYPE {name} gauge"]).append(f"{series} {value:.17g}")
    return "".join(f"{line}\n" for group in lines.values() for line in group)


def _of_schedule(cron_job: Json, jobs: list[Json], pods: list[Json]) -> Iterator[Sample]:
    metadata = cron_job["metadata"]
    labels = {"schedule_namespace": metadata["namespace"], "schedule": metadata["name"]}
    if last := cron_job.get("status", {}).get("lastSuccessfulTime"):
        yield "mlplatform_schedule_last_success_timestamp_seconds", labels, _time(last).timestamp()
    if due := success_due(cron_job):
        yield "mlplatform_schedule_success_due_timestamp_seconds", labels, due.timestamp()
    ended = sorted((each for each in jobs if _ended(each) is not None), key=_made, reverse=True)
    if ended:
        yield "mlplatform_schedule_last_run_failed", labels, float(_ended(ended[0]) == "Failed")
    yield from _skew(ended, pods, labels)


def _skew(ended: list[Json], pods: list[Json], labels: Mapping[str, str]) -> Iterator[Sample]:
    """What the newest run of skew.py that came to a result says: counts by verdict, by feature, by view."""
    for job in ended:
        own = [each for each in pods if each["metadata"]["labels"][_JOB_NAME] == job["metadata"]["name"]]
        found = next((result for pod in sorted(own, key=_made, reverse=True) if (result := _result(pod))), {})
        for view, features in found.items():
            for feature, counts in features.items():
                # In the order in which skew.py counts them.
                for verdict, count in zip(VERDICTS, counts, strict=True):
                    more = {"feature_view": view, "feature": feature, "verdict": verdict}
                    yield "mlplatform_feature_skew_entities", {**labels, **more}, float(count)
        if found:
            return


def _result(pod: Json) -> dict[str, dict[str, list[int]]]:
    """What a pod's container said of skew as it ended; nothing where it said nothing."""
    for container in pod.get("status", {}).get("containerStatuses", ()):
        message = (container.get("state", {}).get("terminated") or {}).get("message", "")
        try:
            found: dict[str, dict[str, list[int]]] = json.loads(message)["skew"]
        except (ValueError, KeyError, TypeError):
            continue
        return found
    return {}


def _ended(job: Json) -> str | None:
    """`Complete` or `Failed`; None while it runs."""
    conditions = job.get("status", {}).get("conditions") or ()
    return next((each["type"] for each in conditions if each["type"] in _ENDS and each["status"] == "True"), None)


def _made(item: Json) -> str:
    return str(item["metadata"]["creationTimestamp"])


def _owned(job: Json, cron_job: Json) -> bool:
    owners = job["metadata"].get("ownerReferences", ())
    return any(each["uid"] == cron_job["metadata"]["uid"] for each in owners)


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def _read_in_cluster(path: str) -> list[Json]:
    """The items of a collection, asked for with the pod's own token."""
    server = f"https://{os.environ['KUBERNETES_SERVICE_HOST']}:{os.environ['KUBERNETES_SERVICE_PORT']}"
    # Read again each time: the kubelet replaces the token every hour.
    headers = {"Authorization": f"Bearer {(_ACCOUNT / 'token').read_text()}", "Accept": "application/json"}
    trusted = ssl.create_default_context(cafile=_ACCOUNT / "ca.crt")
    with urlopen(Request(server + path, headers=headers), timeout=_TIMEOUT_SECONDS, context=trusted) as answer:  # noqa: S310 (https, by the line above)
        items: list[Json] = json.load(answer)["items"]
    return items


class Handler(BaseHTTPRequestHandler):
    """Answers `/metrics`, and everything else with the word that it lives."""

    read = staticmethod(_read_in_cluster)

    def do_GET(self) -> None:
        """Answer; what cannot be read is an error of this answer, and of no other."""
        if self.path != "/metrics":
            self._send(200, "lives\n")
            return
        try:
            text = exposition(samples(self.read))
        except Exception as error:  # noqa: BLE001 (whatever it is, the next scrape tries again)
            _log.warning("the API server cannot be read: %s", error)
            self._send(503, f"the API server cannot be read: {error}\n")
        else:
            self._send(200, text)

    def log_message(self, *_: object) -> None:
        """Say nothing of each request."""

    def _send(self, code: int, text: str) -> None:
        self.send_response(code)
        self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
        self.end_headers()
        self.wfile.write(text.encode())


def main() -> None:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser(description="Say to Prometheus how the platform's CronJobs are.")
    parser.add_argument("--port", type=int, required=True)
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    ThreadingHTTPServer(("", arguments.port), Handler).serve_forever()


if __name__ == "__main__":
    main()
