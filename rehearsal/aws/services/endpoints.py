"""VPC endpoints, flow logs and single tags."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from rehearsal.aws.documents import policy
from rehearsal.aws.kind import Call, Kind, Update
from rehearsal.aws.services._ec2 import arn, described, on, tagged

if TYPE_CHECKING:
    from rehearsal.aws.work import Work


def _change_endpoint(work: Work) -> None:
    changes: dict[str, Any] = {}
    for name, member in (
        ("subnetIds", "Subnet"),
        ("securityGroupIds", "SecurityGroup"),
        ("routeTableIds", "RouteTable"),
    ):
        before, after = set(work.old.get(name) or ()), set(work.inputs.get(name) or ())
        changes |= {f"Add{member}Ids": sorted(after - before)} if after - before else {}
        changes |= {f"Remove{member}Ids": sorted(before - after)} if before - after else {}
    if "privateDnsEnabled" in work.inputs:
        changes["PrivateDnsEnabled"] = work.inputs["privateDnsEnabled"]
    if work.inputs.get("policy"):
        changes["PolicyDocument"] = json.dumps(json.loads(work.inputs["policy"]))
    work.call("ec2", "modify_vpc_endpoint", VpcEndpointId=work.id, **changes)


def _prefix_list(work: Work) -> str | None:
    """The addresses behind a gateway endpoint."""
    if work.inputs.get("vpcEndpointType", "Gateway") != "Gateway":
        return None
    named = [{"Name": "prefix-list-name", "Values": [work.inputs["serviceName"]]}]
    found = work.call("ec2", "describe_prefix_lists", Filters=named)["PrefixLists"]
    return found[0]["PrefixListId"] if found else None


VPC_ENDPOINT = Kind(
    "aws:ec2/vpcEndpoint:VpcEndpoint",
    create=Call("ec2", "create_vpc_endpoint", inputs=True, answer="VpcEndpoint"),
    read=described("describe_vpc_endpoints", "VpcEndpointIds", "VpcEndpoints[?State!='deleted'] | [0]"),
    delete=on("delete_vpc_endpoints", {"VpcEndpointIds": ["{id}"]}),
    id="@VpcEndpointId",
    updates=(
        Update(("subnetIds", "securityGroupIds", "routeTableIds", "privateDnsEnabled", "policy"), _change_endpoint),
    ),
    names={"policy": "PolicyDocument"},
    replace=("vpcId", "serviceName", "vpcEndpointType", "serviceRegion"),
    outputs={
        "state": "State",
        "ownerId": "OwnerId",
        "networkInterfaceIds": "NetworkInterfaceIds",
        "dnsEntries": "DnsEntries[].{dnsName: DnsName, hostedZoneId: HostedZoneId}",
        "requesterManaged": "RequesterManaged",
        "vpcEndpointType": "VpcEndpointType",
        "policy": "PolicyDocument",
    },
    forms={"arn": arn("vpc-endpoint"), "ownerId": "{account}", "prefixListId": _prefix_list},
    changing=("networkInterfaceIds",),
    tagging=tagged("vpc-endpoint"),
    references={
        "vpcId": "vpc",
        "subnetIds": "subnet",
        "securityGroupIds": "security group",
        "routeTableIds": "route table",
    },
    checks=(policy("policy", attached=True),),
)


def _create_flow_log(work: Work) -> dict[str, Any]:
    watched = next(name for name in ("vpcId", "subnetId", "eniId", "transitGatewayId") if work.inputs.get(name))
    kind = {"vpcId": "VPC", "subnetId": "Subnet", "eniId": "NetworkInterface", "transitGatewayId": "TransitGateway"}
    parameters = {
        "ResourceIds": [work.inputs[watched]],
        "ResourceType": kind[watched],
        "TrafficType": work.inputs.get("trafficType", "ALL"),
        "LogDestinationType": work.inputs.get("logDestinationType", "cloud-watch-logs"),
        "LogDestination": work.inputs.get("logDestination"),
        "DeliverLogsPermissionArn": work.inputs.get("iamRoleArn"),
        "LogFormat": work.inputs.get("logFormat"),
        "MaxAggregationInterval": work.inputs.get("maxAggregationInterval"),
    }
    answer = work.call("ec2", "create_flow_logs", **{key: value for key, value in parameters.items() if value})
    return {"FlowLogId": answer["FlowLogIds"][0]}


FLOW_LOG = Kind(
    "aws:ec2/flowLog:FlowLog",
    create=_create_flow_log,
    read=Call("ec2", "describe_flow_logs", {"FlowLogIds": ["{id}"]}, answer="FlowLogs[0]"),
    delete=on("delete_flow_logs", {"FlowLogIds": ["{id}"]}),
    id="@FlowLogId",
    names={"iamRoleArn": "DeliverLogsPermissionArn"},
    replace=(
        "vpcId",
        "subnetId",
        "eniId",
        "trafficType",
        "logDestination",
        "logDestinationType",
        "iamRoleArn",
        "logFormat",
        "maxAggregationInterval",
        "destinationOptions",
    ),
    outputs={"logFormat": "LogFormat"},
    forms={"arn": arn("vpc-flow-log")},
    tagging=tagged("vpc-flow-log"),
    references={"vpcId": "vpc", "subnetId": "subnet", "iamRoleArn": "role"},
)

TAG = Kind(
    "aws:ec2/tag:Tag",
    create=on("create_tags", {"Resources": ["{resourceId}"], "Tags": [{"Key": "{key}", "Value": "{value}"}]}),
    read=Call(
        "ec2",
        "describe_tags",
        {"Filters": [{"Name": "resource-id", "Values": ["{resourceId}"]}, {"Name": "key", "Values": ["{key}"]}]},
        answer="Tags[0]",
    ),
    delete=on("delete_tags", {"Resources": ["{resourceId}"], "Tags": [{"Key": "{key}"}]}),
    id="{resourceId},{key}",
    put=True,
    replace=("resourceId", "key"),
)

KINDS = (VPC_ENDPOINT, FLOW_LOG, TAG)
