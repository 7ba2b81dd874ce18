"""The command on clusters that answer, refuse, or are not there."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from typer.testing import CliRunner

from cli.cluster_access import Asked, find_cluster
from cli.main import app
from cli.queue.reading import changes
from rehearsal.errors import RehearsalError
from rehearsal.kube import Access, Kube

if TYPE_CHECKING:
    from tests.incluster.api_server import ApiServer

pytestmark = pytest.mark.training

MLPLATFORM = Path(sys.executable).with_name("mlplatform")


def asked(*arguments: str | Path, width: int = 200) -> str:
    done = CliRunner().invoke(app, ["queue", *map(str, arguments)], env={"COLUMNS": str(width)})
    assert done.exit_code == 0, done.output
    return done.stdout


def refused(*arguments: str | Path) -> str:
    """The one line that the command ends with, as a user sees it."""
    done = subprocess.run([MLPLATFORM, "queue", *arguments], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 1
    assert not done.stdout
    (line,) = done.stderr.splitlines()
    return line


def variant(api: ApiServer, user: dict[str, Any], name: str = "other") -> Path:
    """The server's kubeconfig with something more about who asks."""
    config = yaml.safe_load(api.kubeconfig.read_text())
    config["users"][0]["user"] |= user
    path = api.kubeconfig.with_name(name)
    path.write_text(json.dumps(config))
    return path


def test_it_shows_pools_teams_and_jobs_with_reasons(api: ApiServer) -> None:
    said = asked("--kubeconfig", api.kubeconfig)
    rows = [line.split() for line in said.splitlines()]
    assert ["h100", "16", "16", "16", "0"] in rows
    assert ["search", "h100", "4", "8", "4", "2"] in rows
    (waiting,) = (line for line in said.splitlines() if "Job/a" in line)
    assert waiting.startswith("waiting")
    assert "8 more GPUs of h100 needed" in waiting
    assert "2 admitted, 2 waiting" in said


def test_json_is_data_and_nothing_else(api: ApiServer) -> None:
    state = json.loads(asked("--kubeconfig", api.kubeconfig, "--json"))
    assert {job["name"]: job["stage"] for job in state["jobs"]} == {
        "a": "waiting",
        "b": "running",
        "c": "running",
        "d": "waiting",
    }
    assert state["pools"] == [{"pool": "h100", "gpus": 16, "quota": 16, "used": 16, "free": 0}]


def test_a_team_is_asked_for_in_its_own_namespace_alone(api: ApiServer) -> None:
    within = "/apis/kueue.x-k8s.io/v1beta2/namespaces/team-search"
    api.serve(f"{within}/workloads")
    api.serve(f"{within}/localqueues")
    assert "no jobs run and none wait" in asked("--kubeconfig", api.kubeconfig, "--team", "search")
    assert api.requests == [f"{within}/workloads", f"{within}/localqueues"]


def test_a_watch_shows_the_state_again_when_it_changed(api: ApiServer) -> None:
    workloads = "/apis/kueue.x-k8s.io/v1beta2/workloads"
    with Kube(api.kubeconfig) as kube:
        states = changes(kube, None)
        assert len(next(states).jobs) == 4
        first = next(iter(api.collections[workloads]))
        api.remove(workloads, first)
        assert len(next(states).jobs) == 3
        states.close()  # type: ignore[attr-defined]


def test_a_cluster_without_kueue_is_named_with_what_to_do(api: ApiServer) -> None:
    api.collections.clear()
    said = refused("--kubeconfig", api.kubeconfig)
    assert f"https://127.0.0.1:{api.server_port}" in said
    assert "this cluster has no Kueue with v1beta2" in said


def test_a_cluster_that_does_not_answer_is_named(api: ApiServer) -> None:
    api.shutdown()
    api.server_close()
    assert "is the cluster up, and the kubeconfig the right one?" in refused("--kubeconfig", api.kubeconfig)


def test_a_kubeconfig_that_is_not_there_is_named(tmp_path: Path) -> None:
    assert f"{tmp_path}/nowhere: cannot be read as a kubeconfig" in refused("--kubeconfig", tmp_path / "nowhere")


def test_an_unknown_context_is_answered_with_those_that_there_are(api: ApiServer) -> None:
    said = refused("--kubeconfig", api.kubeconfig, "--context", "prod")
    assert "has no context prod; there are: test" in said


def test_a_rehearsal_that_does_not_run_is_not_replaced_by_another_cluster() -> None:
    assert "nobody-has-it: no rehearsal is called so" in refused("--name", "nobody-has-it")


def test_a_stack_that_does_not_exist_is_answered_with_those_that_do() -> None:
    assert "stacks are dev, hybrid, local" in refused("prd")


@pytest.mark.parametrize("how", ["token", "tokenFile", "exec"])
def test_a_token_is_shown_whichever_way_the_kubeconfig_has_it(api: ApiServer, how: str) -> None:
    (api.kubeconfig.with_name("token")).write_text("sesame\n")
    answer = {"kind": "ExecCredential", "status": {"token": "sesame"}}
    program = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "command": sys.executable,
        "args": [
            "-c",
            f"import os, json; json.loads(os.environ['KUBERNETES_EXEC_INFO']); print({json.dumps(answer)!r})",
        ],
    }
    users: dict[str, Any] = {"token": "sesame", "tokenFile": "token", "exec": program}
    asked("--kubeconfig", variant(api, {how: users[how]}))
    assert set(api.tokens) == {"Bearer sesame"}


def test_a_program_that_gives_no_credentials_is_named_and_what_it_printed_is_not(api: ApiServer) -> None:
    version = "client.authentication.k8s.io/v1"
    program = {"apiVersion": version, "command": "/bin/echo", "args": ["hunter2"]}
    said = refused("--kubeconfig", variant(api, {"exec": program}))
    assert "/bin/echo: its answer is no ExecCredential with a token" in said
    assert "hunter2" not in said


def test_a_token_that_is_about_to_end_is_asked_for_again(api: ApiServer, tmp_path: Path) -> None:
    count = tmp_path / "count"
    answer = {"status": {"token": "sesame", "expirationTimestamp": "2020-01-01T00:00:00Z"}}
    text = f"open({str(count)!r}, 'a').write('x'); print({json.dumps(answer)!r})"
    program = {"apiVersion": "v1", "command": sys.executable, "args": ["-c", text]}
    access = Access.read(variant(api, {"exec": program}))
    access.headers()
    access.headers()
    assert count.read_text() == "xx"


@pytest.mark.parametrize("setting", [{"insecure-skip-tls-verify": True}, {"proxy-url": "http://proxy:3128"}])
def test_what_the_client_cannot_do_is_refused_and_not_ignored(api: ApiServer, setting: dict[str, Any]) -> None:
    config = yaml.safe_load(api.kubeconfig.read_text())
    config["clusters"][0]["cluster"] |= setting
    api.kubeconfig.write_text(json.dumps(config))
    with pytest.raises(RehearsalError, match="is not supported"):
        Access.read(api.kubeconfig)


def test_several_files_are_one_kubeconfig_as_for_kubectl(api: ApiServer, tmp_path: Path) -> None:
    second = tmp_path / "second"
    second.write_text(json.dumps({"current-context": "never", "contexts": [], "clusters": [], "users": []}))
    found = find_cluster(Asked("prod"), {"KUBECONFIG": f"{api.kubeconfig}:{second}"})
    assert found.access.context == "test"
