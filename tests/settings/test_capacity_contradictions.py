"""What pools and teams cannot mean at once is said with both sides of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from stacks.settings import Settings, SettingsError

if TYPE_CHECKING:
    from pathlib import Path

GOOD = """\
config:
  mlplatform:cluster: {kind: eks, region: eu-north-1, kubernetes_version: "1.35",
    tags: {owner: ada, cost_centre: cc-1, environment: test},
    access: {admins: [deployer]},
    network: {cidr: 10.10.0.0/16, zone_names: [eu-north-1a, eu-north-1b, eu-north-1c]}}
  mlplatform:capacity:
    pools:
      - name: h100
        accelerator: NVIDIA-H100-80GB-HBM3
        nodes: 4
        gpus_per_node: 8
        cpus_per_node: 96
        memory_gib_per_node: 1024
        aws: {instance_types: [p5.48xlarge], purchase: spot}
  mlplatform:teams:
    - {name: research, owner: ada, cost_centre: cc-1, gpus: {h100: 24}, borrow: {h100: 8}, lend: {h100: 8}}
"""
AWS = "aws: {instance_types: [p5.48xlarge], purchase: spot}"
POOL = "mlplatform:capacity.pools[0]"
TEAM = "mlplatform:teams[0]"

BOTH_SIDES = {
    "mig with dra": (AWS, "sharing: {mig: 1g.10gb, dra: gpu.nvidia.com}", f"{POOL}.sharing: mig and dra exclude each"),
    "time-slicing with mps": (
        AWS,
        "sharing: {time_slicing: 4, mps: 4}",
        f"{POOL}.sharing: time_slicing and mps exclude",
    ),
    "a profile of another gpu": (
        AWS,
        "sharing: {mig: 1g.5gb}",
        "sharing.mig is a profile that NVIDIA-H100-80GB-HBM3 does not have",
    ),
    "sharing on started machines": (AWS, f"{AWS}\n        sharing: {{mps: 4}}", "sharing and aws exclude each other"),
    "sharing for models": (
        AWS,
        "purpose: serving\n        sharing: {mps: 4}",
        "sharing divides GPUs, but purpose is serving",
    ),
    "zone of machines with zones of their own": (AWS, f"{AWS}\n        zone: here", "zone and aws exclude each other"),
    "spot without checkpoints": (
        "  mlplatform:teams:",
        "  mlplatform:training: {checkpoints: false}\n  mlplatform:teams:",
        f'{POOL}.aws.purchase: needs checkpoints, got "spot"; training.checkpoints is false',
    ),
    "limits without borrowing": (
        "  mlplatform:teams:",
        "  mlplatform:training: {borrowing: false}\n  mlplatform:teams:",
        f"{TEAM}.borrow: limits what never happens",
    ),
    "lending what one has not": (
        "lend: {h100: 8}",
        "lend: {h100: 25}",
        f"{TEAM}.lend.h100: lends more than the team has, got 25; its own quota in pool h100 is 24",
    ),
    "borrowing what nobody has": (
        "borrow: {h100: 8}",
        "borrow: {h100: 9}",
        f"{TEAM}.borrow.h100: borrows more than others can have, got 9; pool h100 has 32 GPUs (4 x 8), of which 24",
    ),
    "limits in an unknown pool": ("borrow: {h100: 8}", "borrow: {h200: 8}", f"{TEAM}.borrow.h200: names no pool"),
    "more than was declared": (
        AWS,
        f"nodes: 2\n        oversubscription: 1.4\n        {AWS}",
        f"{TEAM}.gpus.h100: is more than the pool has left, got 24; pool h100 has 16 GPUs (2 x 8), of which 22 may be",
    ),
}


def errors(path: Path, text: str) -> str:
    path.write_text(text)
    with pytest.raises(SettingsError) as caught:
        Settings.load(path)
    return str(caught.value)


def test_the_file_is_good_without_them(tmp_path: Path) -> None:
    path = tmp_path / "Pulumi.good.yaml"
    path.write_text(GOOD)
    assert Settings.load(path).teams[0].borrow == {"h100": 8}


@pytest.mark.parametrize("case", BOTH_SIDES)
def test_both_sides_are_named(case: str, tmp_path: Path) -> None:
    right, wrong, said = BOTH_SIDES[case]
    assert GOOD.count(right) == 1
    text = GOOD.replace(right, wrong)
    if "\n        oversubscription" in wrong:
        text = text.replace("        nodes: 4\n", "")
    assert said in errors(tmp_path / "Pulumi.bad.yaml", text)


def test_oversubscription_that_is_declared_is_allowed(tmp_path: Path) -> None:
    path = tmp_path / "Pulumi.good.yaml"
    path.write_text(
        GOOD.replace("nodes: 4", "nodes: 2\n        oversubscription: 1.5").replace("{h100: 8}", "{h100: 0}")
    )
    assert Settings.load(path).capacity.pools[0].gpus == 16
