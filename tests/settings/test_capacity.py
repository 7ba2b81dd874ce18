"""Whatever is derived from pools and teams agrees with them."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.capacity import GPU_RESOURCE, POOL_LABEL, Capacity, CapacityError, Pool, Team

unhurried = settings(deadline=None)

shapes = st.fixed_dictionaries(
    {
        "accelerator": st.sampled_from(["NVIDIA-H100-80GB-HBM3", "NVIDIA-L40S"]),
        "nodes": st.integers(1, 20),
        "gpus_per_node": st.integers(1, 16),
        "cpus_per_node": st.integers(1, 256),
        "memory_gib_per_node": st.integers(1, 4096),
        "purpose": st.sampled_from(["training", "serving"]),
    }
)


@st.composite
def capacities(draw: st.DrawFn) -> Capacity:
    """Pools that are given out to teams, all of it or a part."""
    pools = tuple(
        Pool(name=f"pool-{i}", **shape) for i, shape in enumerate(draw(st.lists(shapes, min_size=1, max_size=4)))
    )
    left = {pool.name: pool.gpus for pool in pools}
    teams = []
    for i in range(draw(st.integers(0, 5))):
        gpus = {name: draw(st.integers(0, free)) for name, free in left.items() if draw(st.booleans())}
        for name, taken in gpus.items():
            left[name] -= taken
        teams.append(Team(name=f"team-{i}", owner="ada", cost_centre="cc-1", gpus=gpus))
    return Capacity(pools, tuple(teams))


@unhurried
@given(capacities())
def test_simulated_nodes_have_exactly_the_gpus_of_the_pools(capacity: Capacity) -> None:
    gpus: Counter[str] = Counter()
    for node in capacity.nodes():
        gpus[node["labels"][POOL_LABEL]] += int(node["capacity"][GPU_RESOURCE])
    assert gpus == {pool.name: pool.gpus for pool in capacity.pools}
    assert len({node["name"] for node in capacity.nodes()}) == sum(pool.nodes for pool in capacity.pools)


@unhurried
@given(capacities())
def test_quotas_of_all_teams_fit_into_the_pools(capacity: Capacity) -> None:
    for pool in capacity.training_pools:
        quotas = [quota for team in capacity.teams for quota in capacity.quotas(team) if quota.pool == pool]
        assert sum(quota.gpus for quota in quotas) <= pool.gpus
        assert sum(quota.cpus for quota in quotas) <= pool.nodes * pool.cpus_per_node
        assert sum(quota.memory_gib for quota in quotas) <= pool.nodes * pool.memory_gib_per_node


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
        assert own.gpus == sum(team.gpus.values()) <= lent.gpus <= sum(pool.gpus for pool in capacity.pools)
        assert own.cpus <= lent.cpus
        assert own.memory_gib <= lent.memory_gib


@unhurried
@given(capacities(), st.data())
def test_one_gpu_too_many_is_refused_with_both_sides_named(capacity: Capacity, data: st.DataObject) -> None:
    pool = data.draw(st.sampled_from(capacity.pools))
    free = pool.gpus - sum(team.gpus.get(pool.name, 0) for team in capacity.teams)
    greedy = Team(name="greedy", owner="ada", cost_centre="cc-1", gpus={pool.name: free + 1})
    with pytest.raises(CapacityError) as caught:
        Capacity(capacity.pools, (*capacity.teams, greedy))
    (found,) = caught.value.contradictions
    assert found.steps == ("teams", len(capacity.teams), "gpus", pool.name)
    assert f"pool {pool.name} has {pool.gpus} GPUs" in found.remedy
    assert all(team.name in found.remedy for team in capacity.teams if team.gpus.get(pool.name))
