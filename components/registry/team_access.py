"""How a team gets to its room in the model registry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pulumi

from components.kubernetes.objects import KubernetesObject
from components.registry.mlflow import ADMIN
from components.specs.size import Size

if TYPE_CHECKING:
    from collections.abc import Sequence

PREFIX: Final = "team-"
"""How workspaces and users of teams begin, as their namespaces do: `default` and `admin` are MLflow's own names."""
NAME: Final = "model-registry"
"""The ConfigMap and the Secret in each team's namespace that say how to reach the registry."""
SIZE: Final = Size(cpu_millicores=50, cpu_limit_millicores=500, memory_mib=128)
"""Size of the job that settles accounts: it asks the server, who does the work."""


@dataclass(frozen=True)
class TeamAccess:
    """One team's user."""

    name: str
    """The team's name."""
    password: pulumi.Output[str]

    @property
    def workspace(self) -> str:
        """What the team's workspace and its user are called."""
        return f"{PREFIX}{self.name}"


def accounts(admin: pulumi.Output[str], teams: Sequence[TeamAccess]) -> pulumi.Output[str]:
    """`accounts.json`, which says who there is to be."""
    known = {team.workspace: team.password for team in teams}
    return pulumi.Output.json_dumps({"admin": {"name": ADMIN, "password": admin}, "teams": known})


def hand_over(
    name: str, team: TeamAccess, address: str, namespace: pulumi.Input[str], opts: pulumi.ResourceOptions
) -> None:
    """Put into the team's namespace what MLflow's client looks for: its variables, and its file of credentials."""
    metadata = {"name": NAME, "namespace": namespace}
    variables = {"MLFLOW_TRACKING_URI": address, "MLFLOW_WORKSPACE": team.workspace}
    config = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": variables}
    KubernetesObject(f"{name}-address", config, opts)
    lines = "[mlflow]\nmlflow_tracking_username = {0}\nmlflow_tracking_password = {1}\n"
    files = {"credentials": pulumi.Output.format(lines, team.workspace, team.password)}
    secret: dict[str, Any] = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": files}
    hidden = pulumi.ResourceOptions(additional_secret_outputs=["data", "stringData"])
    KubernetesObject(f"{name}-credentials", secret, pulumi.ResourceOptions.merge(opts, hidden))
