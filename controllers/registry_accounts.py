"""Give each team its room in the model registry: a workspace, a role in it, and a user who has that role.

Safe to run again at any time: what is there stays, a team's password becomes the one of the settings, and users of
teams that the settings do not name are removed. Their workspaces stay, with all that is in them.

The settings file is JSON: `admin` (`name`, `password`), and `teams`, a password by the name that workspace and user
share. All of these names begin with the prefix, by which users of teams are told from others.

    python registry_accounts.py --server http://mlflow.model-registry.svc:5000 --prefix team- accounts.json
"""

from __future__ import annotations

import argparse
import base64
import json
import logging
import sys
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any, Final

ROLE: Final = "team"
GRANTS: Final = {"workspace": "USE", "experiment": "MANAGE", "registered_model": "MANAGE", "prompt": "MANAGE"}
"""What the role allows in its workspace, by what kind of thing. It does not allow to manage users: that would be
MANAGE on the workspace."""
_TIMEOUT_SECONDS: Final = 60
_log: Final = logging.getLogger("accounts")

Answer = dict[str, Any]


class RefusedError(Exception):
    """The server says no; with its status and its own words."""

    def __init__(self, request: str, status: int, said: str) -> None:
        super().__init__(f"{request}: {status} {said}")
        self.status = status


class Registry:
    """MLflow's REST interface, as one user sees it."""

    def __init__(self, server: str, user: str, password: str) -> None:
        self._server = server.rstrip("/")
        token = base64.b64encode(f"{user}:{password}".encode()).decode()
        self._headers = {"Authorization": f"Basic {token}", "Content-Type": "application/json"}

    def get(self, path: str, **query: str) -> Answer:
        """What is at a path below `/api`."""
        return self._ask("GET", f"{path}?{urllib.parse.urlencode(query)}" if query else path)

    def send(self, method: str, path: str, body: Answer) -> Answer:
        """What a change answers."""
        return self._ask(method, path, json.dumps(body).encode())

    def lets_in(self) -> bool:
        """Whether the user exists and has this password."""
        try:
            self.get("2.0/mlflow/users/current")
        except RefusedError as refusal:
            if refusal.status == 401:
                return False
            raise
        return True

    def _ask(self, method: str, path: str, body: bytes | None = None) -> Answer:
        # The address is the operator's own argument.
        request = urllib.request.Request(f"{self._server}/api/{path}", body, self._headers, method=method)  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS) as answer:  # noqa: S310
                found: Answer = json.loads(answer.read() or b"{}")
        except urllib.error.HTTPError as error:
            said = error.read().decode(errors="replace")
            raise RefusedError(f"{method} {path}", error.code, said) from error
        return found


def settle(server: str, admin: Registry, teams: dict[str, str], prefix: str) -> None:
    """Bring workspaces, roles and users to what `teams` says, a password by name."""
    users = {user["username"]: {role["id"] for role in user["roles"]} for user in _users(admin)}
    workspaces = {each["name"] for each in admin.get("3.0/mlflow/workspaces").get("workspaces", [])}
    for name, password in teams.items():
        if name not in workspaces:
            admin.send("POST", "3.0/mlflow/workspaces", {"name": name})
            _log.info("%s: workspace made", name)
        role = _role(admin, name)
        if name not in users:
            admin.send("POST", "2.0/mlflow/users/create", {"username": name, "password": password})
            _log.info("%s: user made", name)
        elif not Registry(server, name, password).lets_in():
            admin.send("PATCH", "2.0/mlflow/users/update-password", {"username": name, "password": password})
            _log.info("%s: password changed", name)
        if role not in users.get(name, set()):
            admin.send("POST", "3.0/mlflow/roles/assign", {"username": name, "role_id": role})
    for name in sorted(users):
        if name.startswith(prefix) and name not in teams:
            admin.send("DELETE", "2.0/mlflow/users/delete", {"username": name})
            _log.info("%s: user removed, the workspace stays", name)


def _users(admin: Registry) -> list[Answer]:
    found: list[Answer] = admin.get("2.0/mlflow/users/list")["users"]
    return found


def _role(admin: Registry, workspace: str) -> int:
    """The id of the team's role in the workspace, with all that it is to allow."""
    there = admin.get("3.0/mlflow/roles/list", workspace=workspace)["roles"]
    role = next((each for each in there if each["name"] == ROLE), None)
    if role is None:
        role = admin.send("POST", "3.0/mlflow/roles/create", {"name": ROLE, "workspace": workspace})["role"]
    allowed = {each["resource_type"]: each for each in role["permissions"] if each["resource_pattern"] == "*"}
    for kind, permission in GRANTS.items():
        if kind not in allowed:
            grant = {"role_id": role["id"], "resource_type": kind, "resource_pattern": "*", "permission": permission}
            admin.send("POST", "3.0/mlflow/roles/permissions/add", grant)
        elif allowed[kind]["permission"] != permission:
            change = {"role_permission_id": allowed[kind]["id"], "permission": permission}
            admin.send("PATCH", "3.0/mlflow/roles/permissions/update", change)
    found: int = role["id"]
    return found


def main() -> int:
    """Run once."""
    parser = argparse.ArgumentParser(description="Settle the teams' accounts of the model registry.")
    parser.add_argument("settings", type=Path)
    parser.add_argument("--server", required=True, help="the registry's address")
    parser.add_argument("--prefix", required=True, help="how names of teams begin")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    settings = json.loads(arguments.settings.read_text())
    admin = Registry(arguments.server, settings["admin"]["name"], settings["admin"]["password"])
    try:
        settle(arguments.server, admin, settings["teams"], arguments.prefix)
    except RefusedError as refusal:
        _log.error("%s", refusal)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
