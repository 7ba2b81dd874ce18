"""Accounts of the model registry: they come to what was asked for from wherever they were, any number of times."""

from __future__ import annotations

import base64
import json
import sys
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest

from controllers import registry_accounts
from controllers.registry_accounts import GRANTS, RefusedError, Registry, settle

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.delivery

Json = dict[str, Any]
TEAMS = {"team-a": "password-a", "team-b": "password-b"}


class Mlflow:
    """As much of MLflow's REST interface as accounts need, and what was changed through it."""

    def __init__(self) -> None:
        self.passwords = {"admin": "admin"}
        self.workspaces: list[str] = []
        self.roles: list[Json] = []
        self.assigned: dict[str, set[int]] = {}
        self.changes: list[str] = []

    def answer(self, method: str, path: str, query: Json, body: Json) -> Json:
        """What it says to the administrator."""
        name = path.partition("mlflow/")[2]
        if method != "GET":
            self.changes.append(name)
        return getattr(self, f"_{method.lower()}_{name.replace('/', '_').replace('-', '_')}")({**query, **body}) or {}

    def _get_users_list(self, _: Json) -> Json:
        roles = {user: [{"id": role} for role in self.assigned.get(user, ())] for user in self.passwords}
        return {"users": [{"username": user, "roles": roles[user]} for user in self.passwords]}

    def _get_workspaces(self, _: Json) -> Json:
        return {"workspaces": [{"name": name} for name in self.workspaces]} if self.workspaces else {}

    def _post_workspaces(self, asked: Json) -> None:
        self.workspaces.append(asked["name"])

    def _get_roles_list(self, asked: Json) -> Json:
        return {"roles": [role for role in self.roles if role["workspace"] == asked["workspace"]]}

    def _post_roles_create(self, asked: Json) -> Json:
        self.roles.append({**asked, "id": len(self.roles) + 1, "permissions": []})
        return {"role": self.roles[-1]}

    def _post_roles_permissions_add(self, asked: Json) -> None:
        permissions = self.roles[asked["role_id"] - 1]["permissions"]
        permissions.append({**asked, "id": 100 * asked["role_id"] + len(permissions)})

    def _patch_roles_permissions_update(self, asked: Json) -> None:
        every = [permission for role in self.roles for permission in role["permissions"]]
        (found,) = (each for each in every if each["id"] == asked["role_permission_id"])
        found["permission"] = asked["permission"]

    def _post_roles_assign(self, asked: Json) -> None:
        self.assigned.setdefault(asked["username"], set()).add(asked["role_id"])

    def _post_users_create(self, asked: Json) -> None:
        self.passwords[asked["username"]] = asked["password"]

    def _patch_users_update_password(self, asked: Json) -> None:
        self.passwords[asked["username"]] = asked["password"]

    def _delete_users_delete(self, asked: Json) -> None:
        del self.passwords[asked["username"]]

    def _get_users_current(self, _: Json) -> None:
        pass


@contextmanager
def serving(mlflow: Mlflow) -> Iterator[str]:
    """The address at which it answers."""

    class Handler(BaseHTTPRequestHandler):
        def handle_one_request(self) -> None:
            self.raw_requestline = self.rfile.readline()
            if not self.raw_requestline or not self.parse_request():
                self.close_connection = True
                return
            user, _, password = base64.b64decode(self.headers["Authorization"].split()[1]).decode().partition(":")
            asked = urlsplit(self.path)
            query = {key: values[0] for key, values in parse_qs(asked.query).items()}
            body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or b"{}")
            known = mlflow.passwords.get(user) == password
            found = mlflow.answer(self.command, asked.path, query, body) if known else {}
            self.send_response(200 if known else 401)
            self.end_headers()
            self.wfile.write(json.dumps(found).encode())
            self.close_connection = True

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def mlflow() -> Mlflow:
    return Mlflow()


@pytest.fixture
def address(mlflow: Mlflow) -> Iterator[str]:
    with serving(mlflow) as address:
        settle(address, Registry(address, "admin", "admin"), TEAMS, "team-")
        yield address


def again(address: str, teams: dict[str, str]) -> None:
    settle(address, Registry(address, "admin", "admin"), teams, "team-")


def test_every_team_has_a_user_who_may_use_its_own_workspace_and_no_other(mlflow: Mlflow, address: str) -> None:
    assert address
    assert mlflow.workspaces == list(TEAMS)
    assert mlflow.passwords.items() >= TEAMS.items()
    for team in TEAMS:
        (role,) = (mlflow.roles[number - 1] for number in mlflow.assigned[team])
        assert role["workspace"] == team
        given = {each["resource_type"]: (each["resource_pattern"], each["permission"]) for each in role["permissions"]}
        assert given == {kind: ("*", permission) for kind, permission in GRANTS.items()}
        assert given["workspace"][1] == "USE"


def test_settling_again_changes_nothing(mlflow: Mlflow, address: str) -> None:
    mlflow.changes.clear()
    again(address, TEAMS)
    assert mlflow.changes == []


def test_a_new_password_replaces_the_old_one(mlflow: Mlflow, address: str) -> None:
    mlflow.changes.clear()
    again(address, {**TEAMS, "team-a": "another"})
    assert mlflow.changes == ["users/update-password"]
    assert mlflow.passwords["team-a"] == "another"


def test_a_team_that_left_loses_its_user_and_keeps_its_workspace(mlflow: Mlflow, address: str) -> None:
    mlflow.passwords["ada"] = "somebody's own"
    again(address, {"team-a": "password-a"})
    assert set(mlflow.passwords) == {"admin", "ada", "team-a"}
    assert mlflow.workspaces == list(TEAMS)


def test_rights_that_somebody_widened_are_set_right(mlflow: Mlflow, address: str) -> None:
    mlflow.roles[0]["permissions"][0]["permission"] = "MANAGE"
    again(address, TEAMS)
    assert mlflow.roles[0]["permissions"][0]["permission"] == "USE"


def test_a_server_that_refuses_the_administrator_is_reported_in_its_own_words(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(RefusedError, match=r"GET 2\.0/mlflow/users/list: 401"):
        settle(address, Registry(address, "admin", "wrong"), TEAMS, "team-")
    settings = tmp_path / "accounts.json"
    settings.write_text(json.dumps({"admin": {"name": "admin", "password": "wrong"}, "teams": TEAMS}))
    monkeypatch.setattr(sys, "argv", ["accounts", str(settings), f"--server={address}", "--prefix=team-"])
    assert registry_accounts.main() == 1
    assert "401" in caplog.text
    assert not any(password in caplog.text for password in TEAMS.values())
