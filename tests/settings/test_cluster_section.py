"""A cluster on AWS that cannot be had is refused before anything is created, in one line a mistake."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from components.specs.cluster import EksClusterSpec, ExistingClusterSpec
from stacks.settings import Settings, SettingsError

if TYPE_CHECKING:
    from pathlib import Path

GOOD = """\
config:
  mlplatform:cluster:
    kind: eks
    region: eu-north-1
    kubernetes_version: "1.36"
    tags: {owner: platform, cost_centre: cc-1, environment: test}
    access: {admins: [platform]}
    network: {cidr: 10.0.0.0/16, zone_names: [eu-north-1a, eu-north-1b, eu-north-1c]}
    hybrid: {node_cidrs: [192.168.0.0/20], pod_cidrs: [172.16.0.0/16]}
  mlplatform:capacity:
    pools:
      - name: h100
        accelerator: NVIDIA-H100-80GB-HBM3
        nodes: 2
        gpus_per_node: 8
        cpus_per_node: 190
        memory_gib_per_node: 1800
        aws: {instance_types: [p5.48xlarge]}
      - name: own
        accelerator: NVIDIA-H100-80GB-HBM3
        nodes: 2
        gpus_per_node: 8
        cpus_per_node: 96
        memory_gib_per_node: 1000
        place: on_premises
"""

NETWORK = "{cidr: 10.0.0.0/16, zone_names: [eu-north-1a, eu-north-1b, eu-north-1c]}"
MACHINES = "{instance_types: [p5.48xlarge]}"
POOL = "mlplatform:capacity.pools[0]"

MISTAKES = {
    "unknown kind": (
        ("kind: eks", "kind: gke"),
        "mlplatform:cluster.kind: is not one of the choices, got \"gke\"; choose 'existing', 'eks' (line 3)",
    ),
    "key of the other kind": (
        ("region: eu-north-1", "region: eu-north-1\n    kubeconfig: file"),
        'mlplatform:cluster.kubeconfig: is a setting of `kind: existing` only, got "kubeconfig"; leave it out',
    ),
    "unknown region": (
        ("region: eu-north-1", "region: eu-nord-1"),
        'mlplatform:cluster.region: is no region with Amazon EKS, got "eu-nord-1"; did you mean eu-north-1? (line 4)',
    ),
    "version that is a number": (
        ('"1.36"', "1.36"),
        "mlplatform:cluster.kubernetes_version: is not text, got 1.36; put it in quotes (line 5)",
    ),
    "version out of support": (
        ('"1.36"', '"1.33"'),
        "mlplatform:cluster.kubernetes_version: is out of support, or newer than the platform knows, "
        'got "1.33"; choose 1.34, 1.35, 1.36 (line 5)',
    ),
    "nobody to let in": (
        ("[platform]", "[]"),
        "mlplatform:cluster.access.admins: has too few entries, got a list; at least 1 (line 7)",
    ),
    "network that is none": (
        ("10.0.0.0/16", "10.0.0.7/16"),
        'mlplatform:cluster.network.cidr: is no IPv4 address range, got "10.0.0.7/16"; '
        "clear the bits after the prefix (line 8)",
    ),
    "network too small": (
        ("10.0.0.0/16", "10.0.0.0/24"),
        'mlplatform:cluster.network: cidr is too large or too small for a VPC, got {cidr: "10.0.0.0/24"}; '
        "give a range between /16 and /20 (line 8)",
    ),
    "zones of another region": (
        ("eu-north-1c", "eu-central-1c"),
        'mlplatform:cluster: network.zone_names is of another region, got {region: "eu-north-1", network: a mapping}; '
        "name zones of eu-north-1 (line 2)",
    ),
    "fewer names than zones": (
        ("[eu-north-1a, eu-north-1b, eu-north-1c]", "[eu-north-1a, eu-north-1b]"),
        "mlplatform:cluster.network: zone_names and zones contradict each other, got {zone_names: a list}; "
        "name 3 different zones (line 8)",
    ),
    "no way out and no endpoints": (
        (NETWORK, "{nat: none, endpoints: [ec2, ecr.api, ecr.dkr, eks, eks-auth, logs]}"),
        "mlplatform:cluster.network: nat is none but nodes cannot do without endpoints, "
        'got {nat: "none", endpoints: a list}; add sqs, ssm, sts (line 8)',
    ),
    "VPC without its id": (
        (NETWORK, "{kind: existing, private_subnet_ids: [subnet-0123456789abcdef0, subnet-0123456789abcdef1]}"),
        "mlplatform:cluster.network.vpc_id: is missing, got nothing; it says: The VPC (line 8)",
    ),
    "one subnet only": (
        (NETWORK, "{kind: existing, vpc_id: vpc-0123456789abcdef0, private_subnet_ids: [subnet-0123456789abcdef0]}"),
        "mlplatform:cluster.network.private_subnet_ids: has too few entries, got a list; at least 2 (line 8)",
    ),
    "networks that overlap": (
        ("192.168.0.0/20", "10.0.128.0/20"),
        "mlplatform:cluster: network.cidr 10.0.0.0/16 and hybrid.node_cidrs[0] 10.0.128.0/20 overlap, "
        "got {network: a mapping, hybrid: a mapping}; every network needs its own addresses (line 2)",
    ),
    "public address for machines that have a connection": (
        ("access: {", "endpoint: {allowed_cidrs: [203.0.113.0/24]}\n    access: {"),
        "mlplatform:cluster: endpoint.allowed_cidrs would have hybrid machines call a public address, "
        "got {endpoint: a mapping, hybrid: a mapping}; reach the API server by the connection that they use, "
        "and leave allowed_cidrs out (line 2)",
    ),
    "door open to the world": (
        ("access: {", "endpoint: {allowed_cidrs: [0.0.0.0/0]}\n    access: {"),
        "mlplatform:cluster.endpoint: allowed_cidrs lets in most of the internet, got {allowed_cidrs: a list}; "
        "name your own networks (line 7)",
    ),
    "system nodes with GPUs": (
        ("access: {", "system_nodes: {instance_types: [g6.xlarge]}\n    access: {"),
        "mlplatform:cluster.system_nodes.instance_types[0]: is a machine type with accelerators, "
        'got "g6.xlarge"; such machines are pools, give one such as m7i.2xlarge (line 7)',
    ),
    "system nodes of two architectures": (
        ("access: {", "system_nodes: {instance_types: [m7i.xlarge, m7g.xlarge]}\n    access: {"),
        "mlplatform:cluster.system_nodes: instance_types mixes Graviton and x86, got {instance_types: a list}; "
        "images of one group run on one of them (line 7)",
    ),
    "unknown add-on": (
        ("access: {", "addons: {versions: {core-dns: v1.0.0-eksbuild.1}}\n    access: {"),
        'mlplatform:cluster.addons.versions.core-dns: is not one of the choices, got "core-dns"; choose',
    ),
    "unknown machine": (
        ("p5.48xlarge", "p5.48large"),
        f'{POOL}.aws.instance_types[0]: is no machine type with GPUs that the platform knows, got "p5.48large"; '
        "did you mean p5.48xlarge? (line 18)",
    ),
    "pool without machines": (
        (f"        aws: {MACHINES}\n", ""),
        f'{POOL}: pool h100 names no machines to run on, got "h100"; add `aws` with `instance_types`, '
        "or `place: on_premises` (line 12)",
    ),
    "block without a reservation": (
        (MACHINES, "{instance_types: [p5.48xlarge], purchase: capacity_block}"),
        f'{POOL}.aws: purchase and reservation_ids contradict each other, got {{purchase: "capacity_block"}}; '
        "name what was bought, or buy on demand (line 18)",
    ),
    "block of a machine not sold so": (
        (
            MACHINES,
            "{instance_types: [g6.48xlarge], purchase: capacity_block, reservation_ids: [cr-0123456789abcdef0]}",
        ),
        f'{POOL}.aws: purchase is capacity_block, but g6.48xlarge is not sold so, got {{purchase: "capacity_block"}}; '
        "choose another purchase (line 18)",
    ),
    "adapter that is not there": (
        (MACHINES, "{instance_types: [g6.xlarge], efa: true}"),
        f"{POOL}.aws: efa is true, but g6.xlarge has no such adapter, got {{efa: true}}; "
        "leave efa out or choose a larger type (line 18)",
    ),
    "placement group in no zone": (
        (MACHINES, "{instance_types: [p5.48xlarge], placement_group: true}"),
        f"{POOL}.aws: placement_group lies in one zone, but zones does not name one, "
        "got {placement_group: true}; name the one zone (line 18)",
    ),
    "another number of GPUs": (
        ("gpus_per_node: 8", "gpus_per_node: 4"),
        f"{POOL}.gpus_per_node: is not what p5.48xlarge has, got 4; it has 8 (line 15)",
    ),
    "another GPU": (
        ("accelerator: NVIDIA-H100-80GB-HBM3", "accelerator: NVIDIA-H200"),
        f'{POOL}.accelerator: is not the GPU of p5.48xlarge, got "NVIDIA-H200"; '
        "its nodes say NVIDIA-H100-80GB-HBM3 (line 13)",
    ),
    "more CPUs than pods can have": (
        ("cpus_per_node: 190", "cpus_per_node: 192"),
        f"{POOL}.cpus_per_node: is more than p5.48xlarge leaves to pods, got 192; at most 190 (line 16)",
    ),
    "more memory than pods can have": (
        ("memory_gib_per_node: 1800", "memory_gib_per_node: 2048"),
        f"{POOL}.memory_gib_per_node: is more than p5.48xlarge leaves to pods, got 2048; at most 1891 (line 17)",
    ),
    "zone outside of the network": (
        (MACHINES, "{instance_types: [p5.48xlarge], zones: [eu-north-1d]}"),
        f'{POOL}.aws.zones[0]: is a zone that the network may not have, got "eu-north-1d"; '
        "add eu-north-1d to the network's `zone_names` (line 18)",
    ),
    "own machines without hybrid nodes": (
        ("    hybrid: {node_cidrs: [192.168.0.0/20], pod_cidrs: [172.16.0.0/16]}\n", ""),
        "mlplatform:capacity.pools[1].place: is out of reach of a cluster without hybrid nodes, "
        'got "on_premises"; add `hybrid` to the cluster, or name machines to buy under `aws` (line 24)',
    ),
    "own machines that are bought": (
        ("place: on_premises", "place: on_premises\n        aws: {instance_types: [p5.48xlarge]}"),
        "mlplatform:capacity.pools[1]: place is on_premises, but aws names machines to buy, "
        'got {place: "on_premises", aws: a mapping}; leave one of them out (line 19)',
    ),
}


def report(path: Path, text: str) -> list[str]:
    path.write_text(text)
    with pytest.raises(SettingsError) as caught:
        Settings.load(path)
    return [line.strip() for line in str(caught.value).splitlines()[1:]]


def test_a_good_section_is_loaded(tmp_path: Path) -> None:
    path = tmp_path / "Pulumi.good.yaml"
    path.write_text(GOOD)
    cluster = Settings.load(path).cluster
    assert isinstance(cluster, EksClusterSpec)
    assert cluster.hybrid is not None
    assert cluster.hybrid.identity.kind == "ssm"


def test_a_section_that_says_no_kind_is_of_a_cluster_that_exists(tmp_path: Path) -> None:
    path = tmp_path / "Pulumi.good.yaml"
    section = "  mlplatform:cluster: {keep_crds: false}\n"
    path.write_text(
        "config:\n" + section + GOOD[GOOD.index("  mlplatform:capacity") :].replace(f"        aws: {MACHINES}\n", "")
    )
    assert Settings.load(path).cluster == ExistingClusterSpec(keep_crds=False)


def test_machines_cannot_be_bought_for_a_cluster_that_exists(tmp_path: Path) -> None:
    text = "config:\n" + GOOD[GOOD.index("  mlplatform:capacity") :]
    (line,) = report(tmp_path / "Pulumi.bad.yaml", text)
    assert line == (
        'mlplatform:capacity.pools[0].aws: buys machines for a cluster that was there before, got "h100"; '
        "leave `aws` out, or choose `kind: eks` for the cluster (line 10)"
    )


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_told_in_one_line(mistake: str, tmp_path: Path) -> None:
    (right, wrong), expected = MISTAKES[mistake]
    assert right in GOOD
    lines = report(tmp_path / "Pulumi.bad.yaml", GOOD.replace(right, wrong, 1))
    assert [line for line in lines if line.startswith(expected)], lines
