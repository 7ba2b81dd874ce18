"""All resource types that the stand-in knows, by their Pulumi names."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

from rehearsal.aws.errors import AwsError

if TYPE_CHECKING:
    from rehearsal.aws.kind import Kind

_MODULES: Final = (
    "analytics",
    "budgets",
    "cloudwatch",
    "eks",
    "eks_access",
    "elasticache",
    "endpoints",
    "firewall",
    "iam",
    "kms",
    "machines",
    "messages",
    "network",
    "prometheus",
    "rds",
    "rds_instances",
    "registry",
    "routes",
    "s3",
    "s3_settings",
    "secretsmanager",
    "systems",
)


def kinds() -> dict[str, Kind]:
    """The table."""
    modules = (import_module(f"rehearsal.aws.services.{module}") for module in _MODULES)
    return {kind.token: kind for module in modules for kind in module.KINDS}


def kind_of(token: str, table: dict[str, Kind]) -> Kind:
    """The entry of a type; raises AwsError if there is none."""
    kind = table.get(token)
    if kind is None:
        raise AwsError(
            "NotKnown", f"{token}: the AWS stand-in has no entry for this resource type; add one to its table"
        )
    return kind
