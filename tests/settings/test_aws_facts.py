"""What the platform believes of AWS agrees with AWS' own data, as botocore and moto have it."""

from __future__ import annotations

import gzip
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import boto3
import moto
import pytest

from cli.prerequisites import SUPPORTED
from components.specs.aws_regions import REGIONS
from components.specs.eks_versions import ADDONS, AS_OF, RELEASES, addon_version
from components.specs.instance_types import MACHINES, architecture
from policies.kubernetes_support import EKS_STANDARD_SUPPORT_ENDS


@pytest.fixture(scope="module")
def described() -> dict[str, dict[str, Any]]:
    """What `aws ec2 describe-instance-types` said, by type."""
    packed = Path(moto.__file__).parent / "ec2" / "resources" / "instance_types.json.gz"
    found: dict[str, dict[str, Any]] = json.loads(gzip.decompress(packed.read_bytes()))
    return found


def test_the_regions_are_those_with_eks() -> None:
    session = boto3.Session()
    assert set(REGIONS) == {
        region for partition in ("aws", "aws-us-gov") for region in session.get_available_regions("eks", partition)
    }


def test_every_machine_has_what_the_table_says(described: dict[str, dict[str, Any]]) -> None:
    for name, machine in MACHINES.items():
        aws = described[name]
        (gpus,) = aws["GpuInfo"]["Gpus"]
        assert machine.cpus == aws["VCpuInfo"]["DefaultVCpus"], name
        assert machine.memory_gib * 1024 == aws["MemoryInfo"]["SizeInMiB"], name
        assert machine.gpus == gpus["Count"], name
        assert gpus["Manufacturer"] == "NVIDIA", name
        assert machine.accelerator.replace("-", " ").find(gpus["Name"].split()[-1]) > 0, name
        interfaces = aws["NetworkInfo"].get("EfaInfo", {}).get("MaximumEfaInterfaces", 0)
        assert machine.fabric_interfaces == interfaces, name
        assert machine.in_blocks == ("capacity-block" in aws["SupportedUsageClasses"]), name


def test_a_machines_name_tells_its_architecture(described: dict[str, dict[str, Any]]) -> None:
    names = {"x86_64": "amd64", "arm64": "arm64"}
    for name, aws in described.items():
        if name[0] in "cmrgpt" and "mac" not in name:
            assert architecture(name) == names[aws["ProcessorInfo"]["SupportedArchitectures"][-1]], name


def test_pods_get_less_than_the_machine_has_but_most_of_it() -> None:
    for machine in MACHINES.values():
        assert machine.cpus - 2 <= machine.cpus_for_pods < machine.cpus
        assert machine.memory_gib * 0.7 < machine.memory_gib_for_pods < machine.memory_gib * 0.93


def test_a_version_of_kubernetes_was_supported_when_the_facts_were_looked_up() -> None:
    assert all(release.supported_until > AS_OF for release in RELEASES.values())
    minors = [int(version.removeprefix("1.")) for version in RELEASES]
    assert minors == list(range(minors[0], minors[0] + len(minors)))


def test_rules_and_stack_files_agree_until_when_eks_supports_a_version() -> None:
    judged = {version: datetime.fromisoformat(end).date() for version, end in EKS_STANDARD_SUPPORT_ENDS.items()}
    assert {version: judged[version] for version in RELEASES} == {
        version: release.supported_until for version, release in RELEASES.items()
    }


def test_a_cluster_that_was_there_before_may_have_the_versions_of_eks() -> None:
    assert [f"1.{minor}" for minor in SUPPORTED] == list(RELEASES)


def test_kube_proxy_has_the_version_of_its_kubernetes() -> None:
    for version in RELEASES:
        assert addon_version("kube-proxy", version).startswith(f"v{version}.")
        assert {addon_version(addon, version) for addon in ADDONS} == set(ADDONS.values())
