"""Credentials for a team's people: for a role, for a time, and for nobody else to read."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from cli.team import duration
from rehearsal.errors import RehearsalError
from rehearsal.kube import Access

if TYPE_CHECKING:
    from tests.incluster.api_server import ApiServer

pytestmark = pytest.mark.training

MLPLATFORM = Path(sys.executable).with_name("mlplatform")
ENGINEER = "/api/v1/namespaces/mlplatform-accounts/serviceaccounts/search-engineer/token"


def command(api: ApiServer, *arguments: str) -> subprocess.CompletedProcess[str]:
    argv = [str(MLPLATFORM), "team", "kubeconfig", "search", f"--kubeconfig={api.kubeconfig}", *arguments]
    return subprocess.run(argv, capture_output=True, text=True, check=False, timeout=60)


def test_it_is_a_kubeconfig_for_the_role_in_the_teams_namespace(api: ApiServer, tmp_path: Path) -> None:
    api.created[ENGINEER] = {"status": {"token": "sesame"}}
    printed = command(api, "--role=engineer", "--expires=2h")
    assert printed.returncode == 0, printed.stderr
    path = tmp_path / "printed"
    path.write_text(printed.stdout)
    access = Access.read(path)
    assert (access.server, access.namespace) == (f"https://127.0.0.1:{api.server_port}", "team-search")
    assert access.headers() == {"Authorization": "Bearer sesame"}
    assert access.authority == api.kubeconfig.with_name("ca.crt").read_bytes()
    (asked,) = api.posted
    assert (asked["kind"], asked["spec"]) == ("TokenRequest", {"expirationSeconds": 7200})


def test_a_file_is_for_its_owner_alone_whatever_was_there_before(api: ApiServer, tmp_path: Path) -> None:
    api.created[ENGINEER] = {"status": {"token": "sesame"}}
    path = tmp_path / "given"
    path.write_text("older")
    path.chmod(0o644)
    done = command(api, "--role=engineer", f"--output={path}")
    assert done.returncode == 0, done.stderr
    assert not done.stdout
    assert path.stat().st_mode & 0o777 == 0o600
    assert yaml.safe_load(path.read_text())["users"][0]["user"] == {"token": "sesame"}


def test_a_role_that_the_team_gives_out_to_nobody_is_said_in_one_line(api: ApiServer) -> None:
    done = command(api, "--role=governance")
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert "search: has no account for governance on https://127.0.0.1" in line
    assert "`accounts` of a team of this name" in line


@pytest.mark.parametrize(("text", "seconds"), [("10m", 600), ("8h", 28800), ("5d", 432000)])
def test_a_duration_is_read(text: str, seconds: int) -> None:
    assert duration(text) == seconds


@pytest.mark.parametrize("text", ["", "5m", "8", "h", "-1h", "1.5h", "8 h", "99999999d"])
def test_what_is_no_duration_or_too_short_is_refused(text: str) -> None:
    with pytest.raises(RehearsalError, match="is no duration of ten minutes or more"):
        duration(text)
