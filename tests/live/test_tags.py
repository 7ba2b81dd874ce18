"""Everything in the account says whose it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.live.store_faults import tag_faults

if TYPE_CHECKING:
    from tests.live.deployed import Deployed

pytestmark = pytest.mark.live


def test_what_is_tagged_has_every_tag(deployed: Deployed) -> None:
    wanted = [{"Key": key, "Values": [deployed.tags[key]]} for key in ("environment", "managed-by")]
    found = deployed.aws.all("resourcegroupstaggingapi", "get_resources", "ResourceTagMappingList", TagFilters=wanted)
    assert len(found) >= 10
    faults: list[str] = []
    for each in found:
        tags = {tag["Key"]: tag["Value"] for tag in each["Tags"]}
        faults += tag_faults(each["ResourceARN"], tags, deployed.tags)
    assert faults == []


def test_buckets_roles_and_keys_are_tagged(deployed: Deployed) -> None:
    """The tagging service does not know what has no tag at all."""
    s3, iam, kms = (deployed.aws.client(service) for service in ("s3", "iam", "kms"))
    tagged = {bucket: s3.get_bucket_tagging(Bucket=bucket)["TagSet"] for bucket in deployed.buckets}
    roles = [each["RoleName"] for each in deployed.aws.all("iam", "list_roles", "Roles")]
    own = [role for role in roles if role.startswith("cluster-")]
    assert own
    tagged |= {role: iam.list_role_tags(RoleName=role)["Tags"] for role in own}
    tagged |= {
        key: [{"Key": tag["TagKey"], "Value": tag["TagValue"]} for tag in kms.list_resource_tags(KeyId=key)["Tags"]]
        for key in deployed.key_ids
    }
    faults: list[str] = []
    for name, pairs in tagged.items():
        faults += tag_faults(name, {pair["Key"]: pair["Value"] for pair in pairs}, deployed.tags)
    assert faults == []
