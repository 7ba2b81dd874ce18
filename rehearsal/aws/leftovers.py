"""What a destroyed stack left behind in its account, by the stand-in's ledger and by the tags of what there is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from rehearsal.aws.account import Account
    from rehearsal.aws.ledger import Entry

_OURS: Final = {"Key": "managed-by", "Values": ["pulumi"]}
_KEY: Final = ":key/"
_GOING: Final = "PendingDeletion"


def find_leftovers(account: Account, entries: Iterable[Entry], retained: Collection[str]) -> list[str]:
    """Everything that is still there but for what the program retains (by URN) and keys that wait for their end.

    Tags are asked for in every region that the entries name, and in the account's own.
    """
    known = list(entries)
    left = [entry for entry in known if entry.urn not in retained]
    found = [f"{entry.type} {entry.id}" for entry in left]
    kept = {entry.id for entry in known if entry.urn in retained}
    for region in sorted({account.region, *(entry.region for entry in known if entry.region)}):
        found += [
            arn for arn in _tagged(account, region) if not (_ends_with_one_of(arn, kept) or _is_going(account, arn))
        ]
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


def _is_going(account: Account, arn: str) -> bool:
    """Whether it is a key that AWS deletes only after a time in which it could be had back."""
    if _KEY not in arn:
        return False
    region = arn.split(":")[3]
    key = account.call("kms", "describe_key", {"KeyId": arn}, region)["KeyMetadata"]
    return bool(key["KeyState"] == _GOING)
