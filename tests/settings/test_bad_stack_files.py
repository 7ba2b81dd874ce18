"""Each mistake in a stack file has its sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from stacks.settings import Settings, SettingsError

if TYPE_CHECKING:
    from pathlib import Path

GOOD = """\
config:
  mlplatform:capacity:
    pools:
      - name: h100
        accelerator: NVIDIA-H100-80GB-HBM3
        nodes: 2
        gpus_per_node: 8
        cpus_per_node: 96
        memory_gib_per_node: 1024
      - name: l40s
        purpose: serving
        accelerator: NVIDIA-L40S
        nodes: 1
        gpus_per_node: 4
        cpus_per_node: 96
        memory_gib_per_node: 768
  mlplatform:teams:
    - name: research
      owner: ada
      cost_centre: cc-1
      gpus: {h100: 12}
    - name: search
      owner: grace
      cost_centre: cc-2
      gpus: {h100: 4, l40s: 2}
  mlplatform:serving:
    models:
      - name: demo
        team: search
        format: llm
        uri: hf://org/model:0123456789abcdef0123456789abcdef01234567
        pool: l40s
        gpus: 1
        system_id: demo
        risk_class: minimal
        intended_use: An example.
"""

MISTAKES = {
    "unknown key": (
        ("nodes: 2", "nods: 2"),
        [
            'mlplatform:capacity.pools[0].nods: is no known key, got "nods"; did you mean nodes? (line 6)',
            "mlplatform:capacity.pools[0].nodes: is missing, got nothing; it says: Nodes in the pool; a pool that "
            "has none yet is left out of the file (line 4)",
        ],
    ),
    "unknown section": (
        ("mlplatform:serving:", "mlplatform:servin:"),
        ['mlplatform:servin: is no known key, got "servin"; did you mean serving? (line 26)'],
    ),
    "releases whose approvals nobody holds people to": (
        (
            "mlplatform:serving:",
            "mlplatform:delivery: {domain: a.b}\n  mlplatform:guardrails: {stage: warn}\n  mlplatform:serving:",
        ),
        [
            'mlplatform:guardrails.stage: must be deny where there are releases, got "warn"; only an enforced AI-06 '
            "keeps people from approving in somebody else's name: set `deny` (and `guardrails.enabled: true`), or "
            "accept that with `delivery.unenforced_approvals: true` (line 27)"
        ],
    ),
    "releases without any rules": (
        (
            "mlplatform:serving:",
            "mlplatform:delivery: {domain: a.b}\n  mlplatform:guardrails: {enabled: false}\n  mlplatform:serving:",
        ),
        [
            "mlplatform:guardrails.enabled: must be true where there are releases, got false; only an enforced AI-06 "
            "keeps people from approving in somebody else's name: set `deny` (and `guardrails.enabled: true`), or "
            "accept that with `delivery.unenforced_approvals: true` (line 27)"
        ],
    ),
    "wrong project": (
        ("mlplatform:serving:", "mlplatfrom:serving:"),
        ["mlplatfrom:serving: is of another project, got mlplatfrom; did you mean mlplatform:serving? (line 26)"],
    ),
    "key outside of config": (
        ("config:\n", "confg: {}\nconfig:\n"),
        ["confg: is no key of a stack file, got another key; did you mean config? (line 1)"],
    ),
    "wrong type": (
        ("nodes: 2", 'nodes: "2"'),
        [
            'mlplatform:capacity.pools[0].nodes: is not a whole number, got "2"; '
            "write a whole number, without quotes (line 6)"
        ],
    ),
    "truth instead of a number": (
        ("nodes: 2", "nodes: true"),
        [
            "mlplatform:capacity.pools[0].nodes: is not a whole number, got true; "
            "write a whole number, without quotes (line 6)"
        ],
    ),
    "section that is no mapping": (
        ("mlplatform:serving:", "mlplatform:monitoring: on\n  mlplatform:serving:"),
        ['mlplatform:monitoring: is not a mapping, got "on"; write `key: value` lines, indented below it (line 26)'],
    ),
    "pool without nodes": (
        ("nodes: 2", "nodes: 0"),
        ["mlplatform:capacity.pools[0].nodes: is too small, got 0; at least 1 (line 6)"],
    ),
    "duplicate pool": (
        ("name: l40s", "name: h100"),
        [
            'mlplatform:capacity.pools[1].name: is the name of a second pool, got "h100"; '
            "pools[0] has this name already: every pool needs its own (line 10)"
        ],
    ),
    "duplicate team": (
        ("name: search", "name: research"),
        [
            'mlplatform:teams[1].name: is the name of a second team, got "research"; '
            "teams[0] has this name already: every team needs its own (line 22)"
        ],
    ),
    "quota above capacity": (
        ("gpus: {h100: 12}", "gpus: {h100: 20}"),
        [
            "mlplatform:teams[0].gpus.h100: is more than the pool has left, got 20; "
            "pool h100 has 16 GPUs (2 x 8): lower a quota, add nodes or declare `oversubscription` for the pool "
            "(line 21)"
        ],
    ),
    "quotas that add up to more than capacity": (
        ("{h100: 4, l40s: 2}", "{h100: 5, l40s: 2}"),
        [
            "mlplatform:teams[1].gpus.h100: is more than the pool has left, got 5; pool h100 has 16 GPUs (2 x 8) "
            "and 12 to research given before: lower a quota, add nodes or declare `oversubscription` for the pool "
            "(line 25)"
        ],
    ),
    "quota in an unknown pool": (
        ("gpus: {h100: 12}", "gpus: {h200: 12}"),
        ['mlplatform:teams[0].gpus.h200: names no pool of this file, got "h200"; did you mean h100? (line 21)'],
    ),
    "model of an unknown team": (
        ("team: search", "team: sales"),
        [
            'mlplatform:serving.models[0].team: names no team of this file, got "sales"; '
            "teams are research, search (line 29)"
        ],
    ),
    "model in a pool for training": (
        ("pool: l40s", "pool: h100"),
        ['mlplatform:serving.models[0].pool: is a pool for training, got "h100"; pools for serving: l40s (line 32)'],
    ),
    "model larger than a node": (
        ("gpus: 1", "gpus: 8"),
        ["mlplatform:serving.models[0].gpus: is more than one node has, got 8; a node of pool l40s has 4 (line 33)"],
    ),
    "models above the team's quota": (
        ("gpus: 1", "gpus: 2"),
        [
            "mlplatform:serving.models[0].gpus: is more than the team has left, got 2; 2 replicas need 4; all models "
            "of team search may hold 2 in pool l40s: raise its quota or have fewer replicas (line 33)"
        ],
    ),
    "encrypted value that is no secret": (
        ("owner: ada", "owner: {secure: AAABAF8x}"),
        ["mlplatform:teams[0].owner: is encrypted, but is no secret, got [secret]; write it in clear (line 19)"],
    ),
    "key written twice": (
        ("owner: ada", "owner: ada\n      owner: bob"),
        ["mlplatform:teams[0].owner: is written twice, got a second value; keep one of the two (line 20)"],
    ),
    "section under both of its names": (
        ("mlplatform:serving:", "teams: []\n  mlplatform:serving:"),
        ["teams: is the same setting as mlplatform:teams, got a second value; keep one of the two (line 26)"],
    ),
}


def report(path: Path, text: str) -> list[str]:
    path.write_text(text)
    with pytest.raises(SettingsError) as caught:
        Settings.load(path)
    return [line.strip() for line in str(caught.value).splitlines()[1:]]


def test_a_good_file_is_loaded(tmp_path: Path) -> None:
    path = tmp_path / "Pulumi.good.yaml"
    path.write_text(GOOD)
    settings = Settings.load(path)
    assert [pool.gpus for pool in settings.capacity.pools] == [16, 4]


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_told_in_one_line(mistake: str, tmp_path: Path) -> None:
    (right, wrong), expected = MISTAKES[mistake]
    assert right in GOOD
    assert set(expected) <= set(report(tmp_path / "Pulumi.bad.yaml", GOOD.replace(right, wrong, 1)))


def test_releases_may_be_tried_out_where_approvals_are_not_enforced(tmp_path: Path) -> None:
    path = tmp_path / "Pulumi.good.yaml"
    more = "mlplatform:delivery: {domain: a.b, unenforced_approvals: true}\n  mlplatform:guardrails: {stage: warn}\n  "
    path.write_text(GOOD.replace("mlplatform:serving:", more + "mlplatform:serving:"))
    assert Settings.load(path).delivery is not None


def test_all_mistakes_of_a_file_are_in_one_report(tmp_path: Path) -> None:
    bad = GOOD.replace("nodes: 2", "nodes: 0").replace("owner: ada", "owner: a b").replace("team: search", "team: x")
    lines = report(tmp_path / "Pulumi.bad.yaml", bad)
    assert [line.split(":")[1] for line in lines] == [
        "capacity.pools[0].nodes",
        "teams[0].owner",
        "serving.models[0].team",
    ]


def test_the_key_is_shown_as_it_was_typed(tmp_path: Path) -> None:
    bad = GOOD.replace("mlplatform:capacity:", "capacity:").replace("nodes: 2", "nodes: 0")
    assert report(tmp_path / "Pulumi.bad.yaml", bad) == [
        "capacity.pools[0].nodes: is too small, got 0; at least 1 (line 6)"
    ]
