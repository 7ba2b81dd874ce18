"""Whatever is derived from pools and teams agrees with them."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.capacity import CLAIMED_RESOURCE, POOL_LABEL, Capacity, CapacityError, Pool, Team, resource
from components.specs.gpu_sharing import SLICES, Sharing
from components.training import queues

unhurried = settings(deadline=None)

ACCELERATORS = ["NVIDIA-H100-80GB-HBM3", "NVIDIA-L40S"]


@st.composite
def ways_to_share(draw: st.DrawFn, accelerator: str) -> Sharing:
    kinds = ["time_slicing", "mps", "dra", *(["mig"] if accelerator in SLICES else [])]
    match draw(st.sampled_from(["none", *kinds])):
        case "mig":
            return Sharing(mig=draw(st.sampled_from(sorted(SLICES[accelerator]))))
        case "time_slicing":
            return Sharing(time_slicing=draw(st.integers(2, 8)))
        case "mps":
            return Sharing(mps=draw(st.integers(2, 8)))
        case "dra":
            return Sharing(dra="gpu.nvidia.com")
    return Sharing()


@st.composite
def pools(draw: st.DrawFn, name: str) -> Pool:
    """A pool of any shape."""
    accelerator, purpose = draw(st.sampled_from(ACCELERATORS)), draw(st.sampled_from(["training", "serving"]))
    return Pool(
        name=name,
        accelerator=accelerator,
        nodes=draw(st.integers(1, 20)),
        gpus_per_node=draw(st.integers(1, 16)),
        cpus_per_node=draw(st.integers(1, 256)),
        memory_gib_per_node=draw(st.integers(1, 4096)),
        purpose=purpose,
        sharing=Sharing() if purpose == "serving" else draw(ways_to_share(accelerator)),
        oversubscription=draw(st.sampled_from([1.0, 1.5])),
        zone=draw(st.sampled_from([None, "hall-1"])),
    )


@st.composite
def capacities(draw: st.DrawFn) -> Capacity:
    """Pools that are given out to teams, all of it or a part."""
    made = tuple(draw(pools(f"pool-{i}")) for i in range(draw(st.integers(1, 4))))
    left = {pool.name: int(pool.gpus * pool.oversubscription) for pool in made}
    lendable = [pool for pool in made if pool.purpose == "training"]
    teams = []
    for i in range(draw(st.integers(0, 5))):
        gpus = {name: draw(st.integers(0, free)) for name, free in left.items() if draw(st.booleans())}
        for name, taken in gpus.items():
            left[name] -= taken
        own = {pool: gpus.get(pool.name, 0) for pool in lendable}
        lend = {pool.name: draw(st.integers(0, has)) for pool, has in own.items() if draw(st.booleans())}
        borrow = {
            pool.name: draw(st.integers(0, max(0, pool.gpus - has))) for pool, has in own.items() if draw(st.booleans())
        }
        limits = {"lend": lend, "borrow": borrow, "weight": draw(st.integers(0, 10))}
        teams.append(Team(name=f"team-{i}", owner="ada", cost_centre="cc-1", gpus=gpus, **limits))
    return Capacity(made, tuple(teams))


def parts(queue: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    """What a queue says, by flavor and resource."""
    return {
        (flavor["name"], resource["name"]): resource
        for group in queue["spec"]["resourceGroups"]
        for flavor in group["flavors"]
        for resource in flavor["resources"]
    }


@unhurried
@given(capacities())
def test_simulated_nodes_have_exactly_the_gpus_of_the_pools(capacity: Capacity) -> None:
    gpus: Counter[str] = Counter()
    by_name = {pool.name: pool for pool in capacity.pools}
    for node in capacity.nodes():
        name = node["labels"][POOL_LABEL]
        gpus[name] += int(node["capacity"].get(resource(by_name[name]), 0))
    # Devices that pods claim are no resource of a node.
    assert gpus == {pool.name: 0 if pool.sharing.dra else pool.gpus for pool in capacity.pools}
    assert len({node["name"] for node in capacity.nodes()}) == sum(pool.nodes for pool in capacity.pools)


@unhurried
@given(capacities())
def test_quotas_of_all_teams_come_to_no_more_than_was_declared(capacity: Capacity) -> None:
    for pool in capacity.training_pools:
        quotas = [quota for team in capacity.teams for quota in capacity.quotas(team) if quota.pool == pool]
        most = pool.oversubscription
        assert sum(quota.gpus for quota in quotas) <= pool.gpus * most
        assert sum(quota.cpus for quota in quotas) <= pool.nodes * pool.cpus_per_node * most
        assert sum(quota.memory_gib for quota in quotas) <= pool.nodes * pool.memory_gib_per_node * most


@unhurried
@given(capacities(), st.booleans())
def test_queues_hand_out_what_the_model_says_through_flavors_that_there_are(
    capacity: Capacity, borrowing: bool
) -> None:
    flavors = queues.flavors(capacity)
    for team in capacity.teams:
        queue = queues.cluster_queue(capacity, team, borrowing=borrowing)
        said = parts(queue)
        assert {flavor for flavor, _ in said} <= set(flavors)
        handed = {flavor: int(each["nominalQuota"]) for (flavor, _), each in said.items() if flavor != "general"}
        assert {name: gpus for name, gpus in handed.items() if gpus} == {
            quota.pool.name: quota.gpus for quota in capacity.quotas(team) if quota.gpus
        }
        covered = [resource for group in queue["spec"]["resourceGroups"] for resource in group["coveredResources"]]
        assert len(covered) == len(set(covered))


@unhurried
@given(capacities())
def test_limits_of_a_queue_are_the_teams_and_make_sense_to_kueue(capacity: Capacity) -> None:
    for team in capacity.teams:
        said = parts(queues.cluster_queue(capacity, team, borrowing=True))
        for (flavor, _), share in said.items():
            if flavor == "general":
                continue
            assert share.get("borrowingLimit") == (str(team.borrow[flavor]) if flavor in team.borrow else None)
            assert share.get("lendingLimit") == (str(team.lend[flavor]) if flavor in team.lend else None)
            assert int(share.get("lendingLimit", 0)) <= int(share["nominalQuota"])


@unhurried
@given(capacities(), st.booleans())
def test_a_namespace_may_hold_what_its_queue_may_ever_admit(capacity: Capacity, borrowing: bool) -> None:
    for team in capacity.teams:
        most = capacity.accelerators(team, borrowing=borrowing)
        assert sum(most.values()) == capacity.ceiling(team, borrowing=borrowing).gpus
        for (flavor, name), share in parts(queues.cluster_queue(capacity, team, borrowing=borrowing)).items():
            if flavor != "general" and name != CLAIMED_RESOURCE:
                assert int(share["nominalQuota"]) <= most[name]


@unhurried
@given(capacities())
def test_a_flavor_selects_the_nodes_of_its_pool_and_no_others(capacity: Capacity) -> None:
    pools = {pool.name: pool for pool in capacity.training_pools}
    assert [flavor.name for flavor in capacity.flavors()] == list(pools)
    for flavor in capacity.flavors():
        selected = [node for node in capacity.nodes() if flavor.labels.items() <= node["labels"].items()]
        assert len(selected) == pools[flavor.name].nodes
        assert all(node["taints"] == [dict(taint) for taint in flavor.taints] for node in selected)


@unhurried
@given(capacities())
def test_a_teams_ceiling_covers_its_quotas_and_borrowing_only_raises_it(capacity: Capacity) -> None:
    for team in capacity.teams:
        own, lent = capacity.ceiling(team, borrowing=False), capacity.ceiling(team, borrowing=True)
        assert own.gpus == sum(team.gpus.values()) <= lent.gpus
        assert lent.gpus <= sum(max(pool.gpus, team.gpus.get(pool.name, 0)) for pool in capacity.pools)
        assert own.cpus <= lent.cpus
        assert own.memory_gib <= lent.memory_gib


@unhurried
@given(capacities(), st.data())
def test_one_gpu_too_many_is_refused_with_both_sides_named(capacity: Capacity, data: st.DataObject) -> None:
    pool = data.draw(st.sampled_from(capacity.pools))
    free = int(pool.gpus * pool.oversubscription) - sum(team.gpus.get(pool.name, 0) for team in capacity.teams)
    greedy = Team(name="greedy", owner="ada", cost_centre="cc-1", gpus={pool.name: free + 1})
    with pytest.raises(CapacityError) as caught:
        Capacity(capacity.pools, (*capacity.teams, greedy))
    (found,) = caught.value.contradictions
    assert found.steps == ("teams", len(capacity.teams), "gpus", pool.name)
    assert f"pool {pool.name} has {pool.gpus} " in found.remedy
    assert all(team.name in found.remedy for team in capacity.teams if team.gpus.get(pool.name))
