"""A rehearsal says of every resource how near it is to the real thing, and of none that it is nearer."""

from __future__ import annotations

from rehearsal.aws.ledger import Entry
from rehearsal.engine import fidelity

STACK = "urn:pulumi:prod::mlplatform::"
BUCKET = f"{STACK}mlplatform:index:ArtifactBucket$aws:s3/bucket:Bucket::artifacts"
ADDON = f"{STACK}mlplatform:index:EksCluster$mlplatform:index:Network$aws:eks/addon:Addon::coredns"
OTHER_ADDON = f"{STACK}mlplatform:index:EksCluster$aws:eks/addon:Addon::vpc-cni"
CHART = f"{STACK}mlplatform:index:TrainingCluster$kubernetes:helm.sh/v4:Chart::kueue"
POD = f"{STACK}mlplatform:index:TrainingCluster$kubernetes:helm.sh/v4:Chart$kubernetes:core/v1:Pod::kueue"
WHY = "moto does not implement it"


def entry(urn: str, recorded: str = "", **gaps: str) -> Entry:
    return Entry(urn, urn.split("::")[2].rpartition("$")[2], "eu-central-1", urn, recorded=recorded, gaps=gaps)


def test_resources_are_counted_by_their_outermost_component_and_what_holds_them() -> None:
    found = fidelity([BUCKET, ADDON, POD], [entry(BUCKET), entry(ADDON, WHY)])
    assert found.components == {
        "ArtifactBucket": {"emulated": 1},
        "EksCluster": {"recorded": 1},
        "TrainingCluster": {"real": 1},
    }
    assert found.totals == {"real": 1, "emulated": 1, "recorded": 1}
    assert found.emulated_share == 0.5


def test_what_is_no_resource_of_a_cloud_or_a_cluster_is_not_counted() -> None:
    provider = f"{STACK}mlplatform:index:EksCluster$pulumi:providers:aws::aws"
    component = f"{STACK}mlplatform:index:EksCluster::cluster"
    found = fidelity([provider, component, CHART], [])
    assert found.components == {}
    assert found.emulated_share is None


def test_what_is_only_recorded_says_why() -> None:
    found = fidelity([ADDON, OTHER_ADDON], [entry(ADDON, WHY), entry(OTHER_ADDON, WHY)])
    ((kind, reason, resources),) = [(each.type, each.reason, each.resources) for each in found.recorded]
    assert (kind, reason, resources) == ("aws:eks/addon:Addon", WHY, 2)


def test_settings_that_moto_did_not_take_are_named() -> None:
    found = fidelity([BUCKET], [entry(BUCKET, objectLock="ignored")])
    assert found.gaps == {"aws:s3/bucket:Bucket": {"objectLock": "ignored"}}


def test_a_resource_of_aws_of_which_the_stand_in_knows_nothing_is_not_passed_over() -> None:
    assert fidelity([BUCKET], []).totals == {"unaccounted": 1}
