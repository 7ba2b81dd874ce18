"""The command on clusters whose drill succeeds, finds damage, or does not come to a verdict."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from cli.main import app
from rehearsal.cluster.simulated_nodes import CPU_NODE
from rehearsal.places import state_directory
from tests.incluster.api_server import ApiServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from typer.testing import Result

pytestmark = pytest.mark.data

JOB = "registry-drill-20260301-120000"
CRON_JOBS = "/apis/batch/v1/cronjobs"
JOBS = "/apis/batch/v1/namespaces/feature-store/jobs"
PODS = "/api/v1/namespaces/feature-store/pods"
TABLE = {"table": "public.feature_views", "rows": 3, "restored": 3, "sha256": "ab" * 32, "same": True}
REPORT = {
    "backup": "2026-03-01T01-15-02Z",
    "made": "2026-03-01T01:15:02+00:00",
    "bytes": 5000,
    "seconds": {"fetch": 0.1, "restore": 2.0, "read_back": 0.4},
    "tables": [TABLE],
    "wrong": [],
}
DAMAGED = {**REPORT, "tables": [], "wrong": ["dump.sql.gz has the digest ab, its manifest says cd"]}
BACKED_UP = {"stored": "2026-03-01T01-15-02Z", "removed": [], "kept": {"2026-03-01T01-15-02Z": 5120}}


class Cluster:
    """A cluster with one drill, whose Job has the state and whose pod has said the text that a test chose."""

    def __init__(self, api: ApiServer) -> None:
        self.api = api
        api.serve(CRON_JOBS, schedule("registry-drill", "drill-uid"))
        api.serve(f"{JOBS.removesuffix('jobs')}cronjobs", schedule("registry-backup", "backup-uid"))
        api.serve(JOBS)
        api.serve(PODS)
        api.created[JOBS] = {"metadata": {"name": JOB}}

    def ends(self, condition: str | None, said: str, *, name: str = JOB, owner: str = "drill-uid") -> None:
        """Have a Job end so, its pod having said this."""
        conditions = [{"type": condition, "status": "True"}] if condition else []
        metadata = {"name": name, "namespace": "feature-store", "creationTimestamp": "2026-03-01T12:00:00Z"}
        self.api.put(
            JOBS,
            {"metadata": {**metadata, "ownerReferences": [{"uid": owner}]}, "status": {"conditions": conditions}},
        )
        pod = {
            "metadata": {**metadata, "labels": {"batch.kubernetes.io/job-name": name}},
            "spec": {"containers": [{"name": "compare"}]},
            "status": {"phase": "Succeeded"},
        }
        self.api.put(PODS, pod)
        self.api.texts[f"{PODS}/{name}/log"] = said

    def drill(self, *arguments: str) -> Result:
        """What the command says and ends with."""
        given = ["drill", "--kubeconfig", str(self.api.kubeconfig), *arguments]
        return CliRunner().invoke(app, given, env={"COLUMNS": "200"})


def schedule(name: str, uid: str) -> dict[str, Any]:
    metadata = {"name": name, "namespace": "feature-store", "uid": uid}
    template = {"spec": {"activeDeadlineSeconds": 1800, "template": {"spec": {"containers": []}}}}
    succeeded = {"lastSuccessfulTime": "2026-03-01T01:15:09Z"}
    return {"metadata": metadata, "spec": {"jobTemplate": template}, "status": succeeded}


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cluster]:
    monkeypatch.delenv("MLPLATFORM_REHEARSAL", raising=False)
    monkeypatch.setenv("MLPLATFORM_STATE", str(tmp_path / "state"))
    with ApiServer(tmp_path) as server:
        yield Cluster(server)
        server.shutdown()


def test_a_backup_that_can_be_restored_is_shown_table_by_table(cluster: Cluster) -> None:
    cluster.ends("Complete", f"a warning\n{json.dumps(REPORT)}\n")
    done = cluster.drill()
    assert done.exit_code == 0, done.output
    rows = [line.split() for line in done.stdout.splitlines()]
    assert ["public.feature_views", "3", "3", "abababababab", "yes"] in rows
    assert "fetch 0.1 s, restore 2 s, read_back 0.4 s" in done.stdout
    assert "all of it was restored as it was backed up" in done.stdout


def test_damage_is_named_and_is_not_a_success(cluster: Cluster) -> None:
    cluster.ends("Failed", json.dumps(DAMAGED))
    done = cluster.drill()
    assert done.exit_code == 1
    assert "wrong: dump.sql.gz has the digest ab, its manifest says cd" in done.stdout


def test_a_drill_that_says_nothing_is_neither_a_success_nor_damage(cluster: Cluster) -> None:
    cluster.ends("Failed", "compare: no space left on device\n")
    done = cluster.drill()
    assert done.exit_code == 2
    assert f"not tried, the Job {JOB} failed without a report" in done.stdout
    assert "compare said last: compare: no space left on device" in done.stdout


def test_the_job_is_one_of_the_schedule_which_counts_and_removes_it(cluster: Cluster) -> None:
    cluster.ends("Complete", json.dumps(REPORT))
    cluster.drill()
    (posted,) = cluster.api.posted
    assert posted["metadata"]["ownerReferences"][0] | {"uid": "drill-uid", "controller": True} == {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "name": "registry-drill",
        "uid": "drill-uid",
        "controller": True,
    }
    assert posted["metadata"]["annotations"] == {"cronjob.kubernetes.io/instantiate": "manual"}


def test_a_backup_that_is_asked_for_first_and_fails_is_no_verdict_on_the_older_ones(cluster: Cluster) -> None:
    cluster.ends("Failed", "pg_dump: connection refused\n")
    done = cluster.drill("--backup-first")
    assert done.exit_code == 2
    assert len(cluster.api.posted) == 1
    assert "feature-store: no backup was made" in done.stderr
    assert "pg_dump: connection refused" in " ".join(done.stderr.split())


def test_json_is_the_report_and_all_that_was_said_is_in_the_log(cluster: Cluster) -> None:
    cluster.ends("Complete", f"a warning\n{json.dumps(REPORT)}\n")
    done = cluster.drill("--json")
    (outcome,) = json.loads(done.stdout)
    assert outcome["report"] == REPORT
    log = state_directory() / "drills" / f"feature-store-{JOB}.log"
    assert outcome["log"] == str(log)
    assert log.read_text() == f"--- compare\na warning\n{json.dumps(REPORT)}\n"


def test_a_drill_that_does_not_end_in_time_is_given_up(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cli.drill.running._MARGIN_SECONDS", -1799.5)
    cluster.ends(None, "")
    done = cluster.drill()
    assert done.exit_code == 2
    assert f"feature-store/{JOB}: has not ended within 0 s, got: waits for a node" in " ".join(done.stderr.split())


def test_a_simulated_pod_is_not_waited_for(cluster: Cluster) -> None:
    cluster.ends(None, "")
    cluster.api.collections[PODS][JOB]["spec"]["nodeName"] = CPU_NODE
    done = cluster.drill()
    assert done.exit_code == 2
    assert "simulates the pods of a drill, which restores nothing; drill where pods run" in " ".join(
        done.stderr.split()
    )
    assert f"DELETE {JOBS}/{JOB}" in cluster.api.requests


def test_the_list_shows_backups_with_age_and_what_the_last_drill_of_each_found(cluster: Cluster) -> None:
    cluster.ends("Complete", json.dumps(BACKED_UP), name="registry-backup-1", owner="backup-uid")
    cluster.ends("Failed", json.dumps(DAMAGED))
    done = cluster.drill("--list")
    assert done.exit_code == 0, done.output
    (backup,) = (line for line in done.stdout.splitlines() if "5.0" in line)
    assert backup.split()[1] == "2026-03-01T01-15-02Z"
    assert backup.split()[-1] == "damaged"
    (drilled,) = (line for line in done.stdout.splitlines() if "20260301-120000" in line)
    assert "dump.sql.gz has the digest ab" in drilled
    assert not cluster.api.posted


def test_the_list_as_data_has_every_run(cluster: Cluster) -> None:
    cluster.ends("Complete", json.dumps(BACKED_UP), name="registry-backup-1", owner="backup-uid")
    (history,) = json.loads(cluster.drill("--list", "--json").stdout)
    assert history["backups"] == {"2026-03-01T01-15-02Z": 5120}
    assert [each["state"] for each in history["backup_runs"]] == ["succeeded"]
    assert history["drill_runs"] == []
    assert history["last_backup"] == "2026-03-01T01:15:09Z"


def test_a_cluster_without_a_drill_is_named_with_what_to_do(cluster: Cluster) -> None:
    cluster.api.remove(CRON_JOBS, "registry-drill")
    done = cluster.drill()
    assert done.exit_code == 2
    assert "has no CronJob registry-drill; is it the cluster that the platform runs on?" in " ".join(
        done.stderr.split()
    )


def test_a_namespace_without_a_drill_is_answered_with_those_that_have_one(cluster: Cluster) -> None:
    done = cluster.drill("--namespace", "nowhere")
    assert done.exit_code == 2
    assert "--namespace: has no CronJob registry-drill, got nowhere; namespaces that have one: feature-store" in (
        " ".join(done.stderr.split())
    )
