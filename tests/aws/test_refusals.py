"""What AWS would refuse is refused before the call, at the property that is wrong, in AWS' words."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from pulumi.runtime.proto import provider_pb2 as proto

from rehearsal.aws.wire import UNKNOWN, encode
from tests.aws.engine import Engine, RefusedError
from tests.aws.examples import policy

if TYPE_CHECKING:
    from tests.aws.conftest import World

ROLE = "aws:iam/role:Role"
TRUST = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ec2.amazonaws.com"}}


def statement(**changes: Any) -> str:
    """A trust policy with something changed; None takes a field away."""
    changed = {key: value for key, value in {**TRUST, **changes}.items() if value is not None}
    return json.dumps({"Version": "2012-10-17", "Statement": [changed]})


PROPERTIES = [
    ("aws:ec2/vpc:Vpc", {"cidrBlock": "10.0.0.1/16"}, "cidrBlock: InvalidParameterValue: '10.0.0.1/16' is not a valid"),
    ("aws:ec2/vpc:Vpc", {"cidrBlock": "10.0.0.0/8"}, "cidrBlock: InvalidVpc.Range: The CIDR '10.0.0.0/8' is invalid"),
    (
        "aws:ec2/vpc:Vpc",
        {"cidrBlock": "10.0.0.0/16", "instanceTenancy": "shared"},
        "instanceTenancy: ValidationException: Invalid value for parameter InstanceTenancy, got 'shared'; "
        "allowed: default, dedicated, host",
    ),
    (
        "aws:ec2/subnet:Subnet",
        {"vpcId": "vpc-0123456789abcdef0", "cidrBlock": "10.0.0.0/24"},
        "vpcId: InvalidVpcID.NotFound: The vpc ID 'vpc-0123456789abcdef0' does not exist",
    ),
    (
        "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
        {"role": "$role", "policyArn": "arn:aws:iam::aws:policy/NoSuchPolicy"},
        "policyArn: NoSuchEntity: Policy arn:aws:iam::aws:policy/NoSuchPolicy does not exist or is not attachable.",
    ),
    (
        "aws:eks/cluster:Cluster",
        {"roleArn": "$role.arn", "vpcConfig": {"subnetIds": ["$subnet"], "endpointsPrivate": True}},
        "vpcConfig: unexpected property vpcConfig.endpointsPrivate",
    ),
    (
        "aws:eks/cluster:Cluster",
        {"roleArn": "$role.arn", "vpcConfig": {"subnetIds": ["$subnet"]}, "accessConfig": {"authenticationMode": "X"}},
        "accessConfig: ValidationException: Invalid value for parameter accessConfig.authenticationMode, got 'X'",
    ),
    (
        "aws:eks/nodeGroup:NodeGroup",
        {
            "clusterName": "$cluster",
            "nodeRoleArn": "$role.arn",
            "subnetIds": ["$subnet"],
            "scalingConfig": {"minSize": 1},
            "instanceTypes": ["p99.huge"],
        },
        "instanceTypes: InvalidParameterException: [p99.huge] is not a valid instance type",
    ),
    (
        "aws:eks/addon:Addon",
        {"clusterName": "$cluster", "addonName": "vpn-cni"},
        "addonName: InvalidParameterException: Addon vpn-cni specified is not supported",
    ),
    (
        "aws:eks/accessEntry:AccessEntry",
        {"clusterName": "$cluster", "principalArn": "platform-admins"},
        "principalArn: InvalidParameterException: The specified principalArn is invalid: invalid principal",
    ),
    (
        "aws:cloudwatch/logGroup:LogGroup",
        {"retentionInDays": 364},
        "retentionInDays: InvalidParameterException: retentionInDays 364, allowed: (1, 3, 5,",
    ),
    ("aws:s3/bucket:Bucket", {"bucket": "Capital"}, "bucket: InvalidBucketName: The specified bucket is not valid"),
    (
        "aws:s3/bucketVersioning:BucketVersioning",
        {"bucket": "no-such-bucket-here", "versioningConfiguration": {"status": "On"}},
        "versioningConfiguration: ValidationException: Invalid value for parameter VersioningConfiguration.Status",
    ),
    (
        "aws:rds/cluster:Cluster",
        {"engine": "aurora-postgresql"},
        "finalSnapshotIdentifier: InvalidParameterCombination: final_snapshot_identifier is required",
    ),
    (
        "aws:kms/key:Key",
        {"policy": policy("kms:*")},
        "policy: MalformedPolicyDocument: Principal is missing in statement 0",
    ),
    (
        "aws:amp/ruleGroupNamespace:RuleGroupNamespace",
        {"workspaceId": "$workspace", "data": "a: [b"},
        "data: ValidationException: not valid YAML",
    ),
]


@pytest.mark.parametrize(("token", "inputs", "reason"), PROPERTIES, ids=lambda each: str(each)[:60])
def test_a_wrong_property_is_named_with_aws_own_reason(
    engine: Engine, world: World, token: str, inputs: dict[str, Any], reason: str
) -> None:
    with pytest.raises(RefusedError) as refused:
        engine.check(token, "wrong", encode(world.fill(inputs)))
    assert reason in str(refused.value)


@pytest.mark.parametrize(
    ("token", "inputs", "reason"),
    [
        (
            "aws:iam/rolePolicy:RolePolicy",
            {"role": "nobody", "policy": policy("s3:GetObject")},
            "NoSuchEntity: The role with name nobody cannot be found.",
        ),
        (
            "aws:eks/addon:Addon",
            {"clusterName": "nowhere", "addonName": "vpc-cni"},
            "ResourceNotFoundException: No cluster found for name: nowhere.",
        ),
    ],
)
def test_a_name_that_could_be_planned_must_be_there_when_it_is_used(
    engine: Engine, token: str, inputs: dict[str, Any], reason: str
) -> None:
    engine.check(token, "early", encode(inputs))
    with pytest.raises(RefusedError) as refused:
        engine.create(token, "early", inputs)
    assert reason in str(refused.value)


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ("{", "The policy is not valid JSON"),
        ("[]", "The policy is not a JSON object"),
        (json.dumps({"Version": "2012-10-17"}), "The policy has no statement"),
        (json.dumps({"Version": "2020-01-01", "Statement": [TRUST]}), "Unsupported policy version '2020-01-01'"),
        (json.dumps({"Statements": [TRUST]}), "Unknown field Statements in the policy"),
        (statement(Effect="allow"), "Effect must be Allow or Deny, got 'allow' in statement 0"),
        (statement(Sid="who", Principal=None), "Principal is missing in statement who"),
        (statement(Action="AssumeRole"), "Action 'AssumeRole' must be <service>:<name>"),
        (statement(Action="stss:AssumeRole"), "Action 'stss:AssumeRole' names a service that does not exist"),
        (statement(Action="sts:AssumeRoles"), "Action 'sts:AssumeRoles' does not exist"),
        (statement(Action=["sts:Tag*", "sts:Lag*"]), "Action 'sts:Lag*' does not exist"),
        (statement(NotAction="sts:TagSession"), "Action and NotAction exclude each other"),
        (statement(Resource="*"), "Has prohibited field Resource"),
        (statement(Principal={"Service": "ec2"}), 'Invalid principal in policy: "SERVICE":"ec2"'),
        (statement(Principal={"AWS": "somebody"}), 'Invalid principal in policy: "AWS":"somebody"'),
        (statement(Principal={"Role": "x"}), "Unknown kind of principal Role"),
        (statement(Condition={"StringIs": {"aws:a": "b"}}), "Unknown condition operator StringIs"),
        (statement(Condition={"StringEquals": {"a": "b"}}), "Condition StringEquals must have keys like aws:SourceArn"),
        (statement(Conditions={}), "Unknown field Conditions"),
    ],
)
def test_a_policy_document_is_read_as_iam_reads_it(engine: Engine, document: str, reason: str) -> None:
    with pytest.raises(RefusedError) as refused:
        engine.check(ROLE, "wrong", encode({"assumeRolePolicy": document}))
    assert f"assumeRolePolicy: MalformedPolicyDocument: {reason}" in str(refused.value)


def test_a_condition_and_lists_are_fine_in_a_policy_document(engine: Engine) -> None:
    document = statement(
        Action=["sts:AssumeRole", "sts:TagSession"],
        Principal={"Service": ["pods.eks.amazonaws.com"], "AWS": "arn:aws:iam::123456789012:root"},
        Condition={"StringEquals": {"aws:SourceAccount": "123456789012"}, "ArnLikeIfExists": {"aws:SourceArn": "a"}},
    )
    engine.check(ROLE, "right", encode({"assumeRolePolicy": document}))


def test_a_subnet_that_overlaps_another_is_refused(engine: Engine, world: World) -> None:
    world.make("subnet")
    vpc = world.make("vpc").id
    with pytest.raises(RefusedError, match=r"^InvalidSubnet.Conflict: The CIDR '10.0.250.0/25' conflicts"):
        engine.create("aws:ec2/subnet:Subnet", "overlap", {"vpcId": vpc, "cidrBlock": "10.0.250.0/25"})


def test_what_others_depend_on_is_not_deleted(engine: Engine, world: World) -> None:
    world.make("subnet")
    with pytest.raises(RefusedError, match=r"^DependencyViolation: .*ec2:DeleteVpc"):
        engine.delete(world.make("vpc"))


def test_two_recorded_resources_of_one_name_are_refused(engine: Engine, world: World) -> None:
    inputs = world.fill(
        {"clusterName": "$cluster", "namespace": "a", "serviceAccount": "twice", "roleArn": "$role.arn"}
    )
    first = engine.create("aws:eks/podIdentityAssociation:PodIdentityAssociation", "one", inputs)
    with pytest.raises(RefusedError, match=r"^ResourceInUseException: "):
        engine.create("aws:eks/podIdentityAssociation:PodIdentityAssociation", "two", inputs)
    engine.delete(first)
    engine.delete(engine.create("aws:eks/podIdentityAssociation:PodIdentityAssociation", "two", inputs))


def test_a_type_that_is_not_in_the_table_is_refused_by_name(engine: Engine) -> None:
    with pytest.raises(RefusedError, match="aws:dynamodb/table:Table: the AWS stand-in has no entry"):
        engine.check("aws:dynamodb/table:Table", "x", encode({}))


def test_a_protected_cluster_is_not_deleted(engine: Engine, world: World) -> None:
    inputs = world.fill(
        {
            "roleArn": "$cluster-role.arn",
            "vpcConfig": {"subnetIds": ["$subnet", "$subnet-b"]},
            "deletionProtection": True,
        }
    )
    cluster = engine.create("aws:eks/cluster:Cluster", "protected", inputs)
    with pytest.raises(RefusedError, match="deletion protection"):
        engine.delete(cluster)
    engine.delete(engine.update(cluster, {**inputs, "deletionProtection": False}))


def test_a_region_that_does_not_exist_is_refused(engine: Engine) -> None:
    request = proto.CheckRequest(news=encode({"region": "eu-west-9"}))
    (failure,) = engine.calls.CheckConfig(request).failures
    assert (failure.property, failure.reason) == ("region", "invalid AWS Region: eu-west-9")
    assert not engine.calls.CheckConfig(proto.CheckRequest(news=encode({"region": "eu-west-1"}))).failures
    assert not engine.calls.CheckConfig(proto.CheckRequest(news=encode({"region": UNKNOWN}))).failures
