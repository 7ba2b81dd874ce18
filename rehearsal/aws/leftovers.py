"""What a destroyed stack left behind in its account, by the stand-in's ledger and by the tags of what there is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from rehearsal.aws.account import Account
    from rehearsal.aws.ledger import Entry

_OURS: Final = {"Key": "managed-by", "Values": ["pulumi"]}
_AUTOMATIC: Final = ("snapshot:rds:", "cluster-snapshot:rds:")
"""Snapshots that RDS made by itself; on AWS they go with their database, which moto does not do."""


def find_leftovers(account: Account, entries: Iterable[Entry], retained: Collection[str]) -> list[str]:
    """Everything that is still there but for what the program retains (by URN) and what AWS has yet to take away.

    Tags are asked for in every region that the entries name, and in the account's own.
    """
    known = list(entries)
    found = [f"{entry.type} {entry.id}" for entry in known if entry.urn not in retained]
    kept = {entry.id for entry in known if entry.urn in retained}
    for region in sorted({account.region, *(entry.region for entry in known if entry.region)}):
        tagged = (arn for arn in _tagged(account, region) if not _ends_with_one_of(arn, kept))
        found += [arn for arn in tagged if not _is_over(account, arn)]
    return found


def _tagged(account: Account, region: str) -> Iterator[str]:
    token = ""
    while True:
        asked = {"TagFilters": [_OURS], **({"PaginationToken": token} if token else {})}
        page = account.call("resourcegroupstaggingapi", "get_resources", asked, region)
        yield from (each["ResourceARN"] for each in page["ResourceTagMappingList"])
        token = page.get("PaginationToken", "")
        if not token:
            return


def _ends_with_one_of(arn: str, names: Collection[str]) -> bool:
    return any(arn == name or arn.endswith((f"/{name}", f":{name}")) for name in names)


def _is_over(account: Account, arn: str) -> bool:
    """Whether it is only shown for a while yet: its end is decided, and nobody can do anything for it."""
    _, _, service, region, _, resource = arn.split(":", 5)
    kind, _, name = resource.replace(":", "/").partition("/")
    match service, kind:
        case "kms", "key":
            key = account.call("kms", "describe_key", {"KeyId": arn}, region)["KeyMetadata"]
            return bool(key["KeyState"] == "PendingDeletion")
        case "ec2", "natgateway" | "nat-gateway":
            (gateway,) = account.call("ec2", "describe_nat_gateways", {"NatGatewayIds": [name]}, region)["NatGateways"]
            return bool(gateway["State"] == "deleted")
        case "elasticache", "user":
            (user,) = account.call("elasticache", "describe_users", {"UserId": name}, region)["Users"]
            return bool(user["Status"] == "deleting")
    return service == "rds" and resource.startswith(_AUTOMATIC)
