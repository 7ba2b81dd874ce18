"""What Prometheus is told of the platform's schedules."""

from __future__ import annotations

import json
import threading
from contextlib import closing
from datetime import datetime
from http.client import HTTPConnection
from http.server import ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from controllers.schedule_exporter import Handler, exposition, samples, success_due

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.data

SKEW = json.dumps({"skew": {"drivers": {"trips": [90, 4, 3, 2, 1]}}})


def cron_job(name: str = "registry-backup", **status: str) -> dict[str, Any]:
    return {
        "metadata": {
            "name": name,
            "namespace": "feature-store",
            "uid": f"{name}-uid",
            "creationTimestamp": "2026-03-01T00:00:00Z",
        },
        "spec": {
            "schedule": "15 1 * * *",
            "timeZone": "Etc/UTC",
            "startingDeadlineSeconds": 3600,
            "jobTemplate": {"spec": {"activeDeadlineSeconds": 1800}},
        },
        "status": status,
    }


def job(name: str, made: str, condition: str | None, of: str = "registry-backup") -> dict[str, Any]:
    metadata = {"name": name, "creationTimestamp": made, "ownerReferences": [{"uid": f"{of}-uid"}]}
    return {
        "metadata": metadata,
        "status": {"conditions": [{"type": condition, "status": "True"}] if condition else []},
    }


def pod(job: str, message: str) -> dict[str, Any]:
    metadata = {
        "name": f"{job}-x",
        "labels": {"batch.kubernetes.io/job-name": job},
        "creationTimestamp": "2026-03-01T00:00:00Z",
    }
    return {"metadata": metadata, "status": {"containerStatuses": [{"state": {"terminated": {"message": message}}}]}}


def reads(cron_jobs: list[Any], jobs: list[Any], pods: list[Any]) -> Callable[[str], list[Any]]:
    """An API server that holds these."""

    def read(path: str) -> list[Any]:
        kind = path.partition("?")[0].rpartition("/")[2]
        return {"cronjobs": cron_jobs, "jobs": jobs, "pods": pods}[kind]

    return read


def told(*given: list[Any]) -> dict[str, float]:
    """Every line that Prometheus reads, without the labels that all have."""
    text = exposition(samples(reads(*given)))
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    assert len(lines) == len(set(lines))
    return {
        line.rpartition(" ")[0].replace('schedule_namespace="feature-store",', ""): float(line.rpartition(" ")[2])
        for line in lines
    }


def test_a_success_is_due_after_the_next_start_and_what_it_may_take() -> None:
    due = success_due(cron_job(lastSuccessfulTime="2026-03-05T01:15:40Z"))
    assert due == datetime.fromisoformat("2026-03-06T02:45:00Z")


def test_what_never_succeeded_is_waited_for_since_it_was_made() -> None:
    assert success_due(cron_job()) == datetime.fromisoformat("2026-03-01T02:45:00Z")
    found = told([cron_job()], [], [])
    assert not any("last_success" in line or "failed" in line for line in found)


@pytest.mark.parametrize("change", [{"timeZone": "Europe/Stockholm"}, {"schedule": "@daily"}])
def test_a_schedule_that_is_not_understood_is_never_due(change: dict[str, str]) -> None:
    strange = cron_job()
    strange["spec"] |= change
    assert success_due(strange) is None
    assert told([strange], [], []) == {"mlplatform_schedules": 1}


def test_the_newest_run_that_has_ended_says_whether_it_failed() -> None:
    runs = [
        job("a", "2026-03-01T01:15:00Z", "Failed"),
        job("b", "2026-03-02T01:15:00Z", "Complete"),
        job("c", "2026-03-03T01:15:00Z", None),
        job("other", "2026-03-04T01:15:00Z", "Failed", of="registry-drill"),
    ]
    line = 'mlplatform_schedule_last_run_failed{schedule="registry-backup"}'
    assert told([cron_job()], runs, [])[line] == 0
    assert told([cron_job()], runs[:1], [])[line] == 1


def test_skew_is_told_of_the_newest_run_that_came_to_a_result() -> None:
    runs = [
        job("a", "2026-03-01T01:15:00Z", "Complete", of="feature-skew"),
        job("b", "2026-03-02T01:15:00Z", "Complete", of="feature-skew"),
        job("c", "2026-03-03T01:15:00Z", "Failed", of="feature-skew"),
    ]
    old = json.dumps({"skew": {"drivers": {"trips": [0, 0, 0, 0, 0], "gone": [1, 0, 0, 0, 0]}}})
    pods = [pod("a", old), pod("b", SKEW), pod("c", "out of memory")]
    found = {
        line.partition("verdict=")[2].strip('"}'): value
        for line, value in told([cron_job("feature-skew")], runs, pods).items()
        if line.startswith("mlplatform_feature_skew_entities")
    }
    assert found == {"same": 90, "different": 4, "missing": 3, "expired": 2, "newer": 1}


def test_label_values_cannot_break_a_line() -> None:
    text = exposition([("x", {"a": 'q"\\\n'}, 1.5)])
    assert text == '# TYPE x gauge\nx{a="q\\"\\\\\\n"} 1.5\n'


def ask(port: int) -> tuple[int, str]:
    """What a scrape is answered."""
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    with closing(connection):
        connection.request("GET", "/metrics")
        answer = connection.getresponse()
        return answer.status, answer.read().decode()


def test_an_api_server_that_does_not_answer_is_an_error_of_one_scrape(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: str) -> list[Any]:
        raise OSError(f"{path}: connection refused")

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        monkeypatch.setattr(Handler, "read", staticmethod(refuse))
        code, said = ask(server.server_port)
        assert code == 503
        assert "connection refused" in said
        monkeypatch.setattr(Handler, "read", staticmethod(reads([], [], [])))
        assert ask(server.server_port) == (200, "# TYPE mlplatform_schedules gauge\nmlplatform_schedules 0\n")
        server.shutdown()
