"""What the account may have is enough for what the stack file asks for, and Kueue shares out what there is."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

import pytest

from components.specs.instance_types import MACHINES
from tests.live.cluster_faults import quota_faults

if TYPE_CHECKING:
    from tests.live.deployed import Deployed

pytestmark = pytest.mark.live

ON_DEMAND: Final = {"p": "Running On-Demand P instances", "g": "Running On-Demand G and VT instances"}
"""Quotas of EC2 in vCPUs, by the letter that a machine's name begins with."""


def test_the_account_may_have_the_machines_of_every_pool(deployed: Deployed) -> None:
    if not deployed.real:
        pytest.skip("a rehearsal's account has no quotas of EC2")
    needed: Counter[str] = Counter()
    for pool in deployed.settings.capacity.pools:
        if pool.aws is not None and pool.aws.purchase == "on_demand":
            machine = max((MACHINES[name] for name in pool.aws.instance_types), key=lambda each: each.cpus)
            needed[ON_DEMAND[machine.name[0]]] += machine.cpus * pool.nodes
    listed = deployed.aws.all("service-quotas", "list_service_quotas", "Quotas", ServiceCode="ec2")
    allowed = {quota["QuotaName"]: quota["Value"] for quota in listed}
    assert [fault for name, cpus in needed.items() for fault in quota_faults(allowed[name], cpus, name)] == []


def test_every_team_has_its_own_gpus_in_its_queue(deployed: Deployed) -> None:
    queues = {
        each["metadata"]["name"]: each["spec"] for each in deployed.kubernetes.get("clusterqueues.kueue.x-k8s.io")
    }
    training = {pool.name for pool in deployed.settings.sharing.training_pools}
    for team in deployed.settings.teams:
        own: Counter[str] = Counter()
        for group in queues[team.name]["resourceGroups"]:
            for flavor in group["flavors"]:
                for resource in flavor["resources"]:
                    if resource["name"] == "nvidia.com/gpu":
                        own[flavor["name"]] += int(resource["nominalQuota"])
        wanted = {pool: gpus for pool, gpus in team.gpus.items() if pool in training}
        assert {pool: gpus for pool, gpus in own.items() if gpus} == wanted


def test_every_team_has_a_ceiling_on_its_namespace(deployed: Deployed) -> None:
    quotas = deployed.kubernetes.get("resourcequotas")
    namespaces = {
        each["metadata"]["labels"]["mlplatform.dev/team"]: each["metadata"]["name"]
        for each in deployed.kubernetes.get("namespaces")
        if "mlplatform.dev/team" in each["metadata"].get("labels", {})
    }
    assert set(namespaces) == {team.name for team in deployed.settings.teams}
    limited = {each["metadata"]["namespace"] for each in quotas if each["spec"].get("hard")}
    assert set(namespaces.values()) <= limited
