"""Which resources of a stack belong together: by what they name, or by where a value comes from while it is unknown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from policies.language import ABSENT, MEMBER, UNKNOWN, Bound, Stack, resource, spell
from policies.resource import Resource

if TYPE_CHECKING:
    from policies.language import Condition, Truth

pytestmark = pytest.mark.policy

BUCKET, POLICY = "aws:s3/bucket:Bucket", "aws:s3/bucketPolicy:BucketPolicy"
GROUP, SUBNET = "aws:eks/nodeGroup:NodeGroup", "aws:ec2/subnet:Subnet"
POLICIES = resource.named_in(POLICY, "bucket", by=("bucket", "id"))
SUBNETS = resource.names(SUBNET, "subnetIds", by=("id",))
SOME_SAFE = POLICIES.some(lambda policy: policy["safe"].is_true())
EVERY_SAFE = POLICIES.every(lambda policy: policy["safe"].is_true())
EVERY_PRIVATE = SUBNETS.every(lambda subnet: ~subnet["public"].is_true())


def made(kind: str, label: str, sources: dict[str, list[str]] | None = None, /, **properties: Any) -> Resource:
    return Resource(kind, properties, label, f"urn:{label}", sources or {})


def truth(condition: Condition, judged: Resource, *others: Resource) -> Truth:
    """What the condition says of a resource in a stack with others."""
    scope = {
        "object": Bound(judged.properties, ()),
        MEMBER + "object": Bound(judged, ()),
        "stack": Bound(Stack([judged, *others]), ()),
    }
    return condition.evaluate(scope)


@pytest.mark.parametrize("identity", [{"bucket": "models"}, {"id": "models"}, {"bucket": UNKNOWN, "id": "models"}])
def test_a_resource_that_names_another_by_a_known_text_is_related(identity: dict[str, Any]) -> None:
    bucket = made(BUCKET, "models", **identity)
    assert truth(SOME_SAFE, bucket, made(POLICY, "p", bucket="models", safe=True)).value is True
    assert truth(SOME_SAFE, bucket, made(POLICY, "p", bucket="data", safe=True)).value is False
    assert truth(EVERY_SAFE, bucket, made(POLICY, "p", bucket="models", safe=False)).value is False
    assert truth(EVERY_SAFE, bucket, made(POLICY, "p", bucket="data", safe=False)).value is True


@pytest.mark.parametrize("identity", [{}, {"bucket": UNKNOWN}, {"id": UNKNOWN}])
def test_an_unknown_name_is_followed_to_the_one_resource_that_it_comes_from(identity: dict[str, Any]) -> None:
    bucket, other = made(BUCKET, "models", **identity), made(BUCKET, "data")
    policy = made(POLICY, "p", {"bucket": ["urn:models"]}, bucket=UNKNOWN, safe=True)
    assert truth(SOME_SAFE, bucket, policy, other).value is True
    assert truth(SOME_SAFE, other, policy, bucket).value is False


@pytest.mark.parametrize(
    ("sources", "name"),
    [
        ({}, UNKNOWN),
        ({"bucket": ["urn:models", "urn:data"]}, UNKNOWN),
        ({"bucket": ["urn:suffix"]}, UNKNOWN),
        ({}, "models-1a2b"),
    ],
)
def test_what_may_be_related_never_decides_in_favour_nor_against(sources: dict[str, list[str]], name: Any) -> None:
    bucket, others = made(BUCKET, "models"), [made(BUCKET, "data"), made("random:RandomId", "suffix")]
    for safe in (True, False):
        policy = made(POLICY, "p", sources, bucket=name, safe=safe)
        assert truth(SOME_SAFE, bucket, policy, *others).value is (None if safe else False)
        assert truth(EVERY_SAFE, bucket, policy, *others).value is (True if safe else None)


def test_an_empty_stack_has_nothing_that_is_safe_and_nothing_that_is_not() -> None:
    bucket = made(BUCKET, "models", bucket="models")
    missing = truth(SOME_SAFE, bucket)
    assert missing.value is False
    assert [spell(place) for place in missing.places] == ["no BucketPolicy"]
    assert truth(EVERY_SAFE, bucket).value is True


def test_the_place_of_a_finding_names_the_related_resource() -> None:
    found = truth(EVERY_SAFE, made(BUCKET, "models", bucket="m"), made(POLICY, "lax", bucket="m", safe=False))
    assert [spell(place) for place in found.places] == ["lax (BucketPolicy).safe"]


@pytest.mark.parametrize(
    ("named", "public", "expected"),
    [
        (["subnet-a"], {"subnet-a": True}, False),
        (["subnet-a"], {"subnet-a": False, "subnet-b": True}, True),
        (["subnet-a", "subnet-b"], {"subnet-a": False, "subnet-b": True}, False),
        (["elsewhere"], {"subnet-a": True}, True),
        (ABSENT, {"subnet-a": True}, True),
        ([], {"subnet-a": True}, True),
        ("subnet-a", {"subnet-a": True}, False),
        (UNKNOWN, {"subnet-a": True}, None),
    ],
)
def test_what_a_resource_names_is_found(named: Any, public: dict[str, bool], expected: bool | None) -> None:
    subnets = [made(SUBNET, name, id=name, public=open_) for name, open_ in public.items()]
    assert truth(EVERY_PRIVATE, made(GROUP, "group", subnetIds=named), *subnets).value is expected


def test_a_name_of_something_that_is_yet_to_get_its_own_may_be_meant() -> None:
    group = made(GROUP, "group", subnetIds=["subnet-a"])
    assert truth(EVERY_PRIVATE, group, made(SUBNET, "a", public=True)).value is None


@pytest.mark.parametrize(
    ("sources", "named", "expected"),
    [
        (["urn:a"], [UNKNOWN], False),
        (["urn:a", "urn:b"], [UNKNOWN, UNKNOWN], False),
        (["urn:b"], [UNKNOWN], True),
        (["urn:a", "urn:b"], [UNKNOWN], None),
        (["urn:a", "urn:b"], UNKNOWN, None),
        ([], [UNKNOWN], None),
    ],
)
def test_unknown_names_are_followed_to_where_they_come_from(sources: list[str], named: Any, expected: Any) -> None:
    group = made(GROUP, "group", {"subnetIds": sources}, subnetIds=named)
    subnets = [made(SUBNET, "a", public=True), made(SUBNET, "b", public=False)]
    assert truth(EVERY_PRIVATE, group, *subnets).value is expected


def test_relations_go_on_from_a_related_resource() -> None:
    role, attachment, document = "aws:iam/role:Role", "aws:iam/rolePolicyAttachment:RolePolicyAttachment", "document"
    narrow = resource.named_in(attachment, "role", by=("name",)).every(
        lambda each: each.names(document, "policyArn", by=("arn",)).every(lambda policy: policy["safe"].is_true())
    )
    stack = [made(attachment, "a", role="serve", policyArn="arn:1"), made(document, "d", arn="arn:1", safe=False)]
    assert truth(narrow, made(role, "serve", name="serve"), *stack).value is False
    assert truth(narrow, made(role, "train", name="train"), *stack).value is True


def test_a_name_may_be_part_of_the_text_that_refers_to_it() -> None:
    kept = resource.named_in("LogGroup", "name", by=("name",), spelled="/aws/eks/{}/cluster").some(
        lambda group: group["days"].at_least(365)
    )
    cluster = made("aws:eks/cluster:Cluster", "main", name="main")
    assert truth(kept, cluster, made("LogGroup", "g", name="/aws/eks/main/cluster", days=400)).value is True
    assert truth(kept, cluster, made("LogGroup", "g", name="/aws/eks/other/cluster", days=400)).value is False


def test_a_resource_of_a_wrong_shape_may_name_anything() -> None:
    closed = resource.named_in("NetworkPolicy", "metadata.namespace", by=("metadata.name",)).every(
        lambda policy: policy["safe"].is_true()
    )
    namespace = made("Namespace", "a", metadata={"name": "a"})
    assert truth(closed, namespace, made("NetworkPolicy", "p", metadata="none", safe=False)).value is None
