"""Route tables, their routes, and the subnets that they are for."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any

from rehearsal.aws.kind import Call, Kind, Update
from rehearsal.aws.services._ec2 import arn, described, on, tagged
from rehearsal.aws.services.network import cidr

if TYPE_CHECKING:
    from rehearsal.aws.work import Work


def _set_routes(work: Work) -> None:
    """The table's inline routes: those that went are deleted, those that came are created."""
    for route in work.old.get("routes") or []:
        work.call("ec2", "delete_route", RouteTableId=work.id, DestinationCidrBlock=route["cidrBlock"])
    for route in work.inputs.get("routes") or []:
        target = {
            name[:1].upper() + name[1:]: value
            for name, value in route.items()
            if name in ("gatewayId", "natGatewayId", "networkInterfaceId", "vpcPeeringConnectionId", "transitGatewayId")
            and value
        }
        work.call("ec2", "create_route", RouteTableId=work.id, DestinationCidrBlock=route["cidrBlock"], **target)


ROUTE_TABLE = Kind(
    "aws:ec2/routeTable:RouteTable",
    create=Call("ec2", "create_route_table", inputs=True, answer="RouteTable"),
    read=described("describe_route_tables", "RouteTableIds", "RouteTables[0]"),
    delete=on("delete_route_table", {"RouteTableId": "{id}"}),
    id="@RouteTableId",
    updates=(Update(("routes",), _set_routes, at_create=True),),
    replace=("vpcId",),
    outputs={"ownerId": "OwnerId"},
    forms={"arn": arn("route-table"), "ownerId": "{account}"},
    tagging=tagged("route-table"),
    references={"vpcId": "vpc"},
)


def _create_route(work: Work) -> None:
    work.run(_CREATE_ROUTE)
    # The real provider's ID: the table, and a CRC-32 of the destination.
    work.made["checksum"] = str(zlib.crc32(str(_destination(work)).encode()))


def _destination(work: Work) -> Any:  # noqa: ANN401 - a property
    return work.inputs.get("destinationCidrBlock") or work.inputs.get("destinationPrefixListId")


def _read_route(work: Work) -> dict[str, Any] | None:
    table = work.call("ec2", "describe_route_tables", RouteTableIds=[work.values()["routeTableId"]])["RouteTables"][0]
    wanted = _destination(work)
    found = (
        each
        for each in table["Routes"]
        if wanted in (each.get("DestinationCidrBlock"), each.get("DestinationPrefixListId"))
    )
    return next(found, None)


_CREATE_ROUTE = Call("ec2", "create_route", inputs=True)
_ROUTE = {"RouteTableId": "{routeTableId}", "DestinationCidrBlock": "{destinationCidrBlock}"}
_ROUTE_TARGETS = ("gatewayId", "natGatewayId", "networkInterfaceId", "vpcPeeringConnectionId", "transitGatewayId")

ROUTE = Kind(
    "aws:ec2/route:Route",
    create=_create_route,
    read=_read_route,
    delete=on("delete_route", _ROUTE),
    id="r-{routeTableId}{checksum}",
    updates=(Update(_ROUTE_TARGETS, Call("ec2", "replace_route", inputs=True)),),
    replace=("routeTableId", "destinationCidrBlock", "destinationPrefixListId"),
    outputs={"state": "State", "origin": "Origin"},
    references={"routeTableId": "route table"},
    checks=(cidr("destinationCidrBlock"),),
)

ROUTE_TABLE_ASSOCIATION = Kind(
    "aws:ec2/routeTableAssociation:RouteTableAssociation",
    create=Call("ec2", "associate_route_table", inputs=True),
    read=Call(
        "ec2",
        "describe_route_tables",
        {"Filters": [{"Name": "association.route-table-association-id", "Values": ["{id}"]}]},
        answer="RouteTables[0]",
    ),
    delete=on("disassociate_route_table", {"AssociationId": "{id}"}),
    id="@AssociationId",
    replace=("routeTableId", "subnetId", "gatewayId"),
    references={"routeTableId": "route table", "subnetId": "subnet"},
)

KINDS = (ROUTE_TABLE, ROUTE, ROUTE_TABLE_ASSOCIATION)
