"""Regions that have Amazon EKS, and what an AWS name or number looks like."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Annotated, Final

from pydantic import AfterValidator, StringConstraints

AS_OF: Final = "2026-11-20"
"""When the list was read from AWS' endpoint data; `tests/settings/test_aws_facts.py` compares it with botocore's."""

# China and the European Sovereign Cloud name services and their principals otherwise.
REGIONS: Final = frozenset(
    {
        "af-south-1",
        "ap-east-1",
        "ap-east-2",
        "ap-northeast-1",
        "ap-northeast-2",
        "ap-northeast-3",
        "ap-south-1",
        "ap-south-2",
        "ap-southeast-1",
        "ap-southeast-2",
        "ap-southeast-3",
        "ap-southeast-4",
        "ap-southeast-5",
        "ap-southeast-6",
        "ap-southeast-7",
        "ca-central-1",
        "ca-west-1",
        "eu-central-1",
        "eu-central-2",
        "eu-north-1",
        "eu-south-1",
        "eu-south-2",
        "eu-west-1",
        "eu-west-2",
        "eu-west-3",
        "il-central-1",
        "me-central-1",
        "me-south-1",
        "mx-central-1",
        "sa-east-1",
        "us-east-1",
        "us-east-2",
        "us-gov-east-1",
        "us-gov-west-1",
        "us-west-1",
        "us-west-2",
    }
)


def _known(region: str) -> str:
    if region not in REGIONS:
        close = get_close_matches(region, sorted(REGIONS), n=1)
        remedy = f"did you mean {close[0]}?" if close else "give one such as eu-central-1"
        raise ValueError(f"is no region with Amazon EKS; {remedy}")
    return region


Region = Annotated[str, AfterValidator(_known)]
"""An AWS region, such as `eu-central-1`."""

AccountId = Annotated[str, StringConstraints(pattern=r"^[0-9]{12}$")]
"""Twelve digits, in quotes."""

ZoneName = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,4}(-[a-z]+)+-[0-9][a-z]$")]
"""An availability zone, such as `eu-central-1a`."""

IamRole = Annotated[
    str, StringConstraints(pattern=r"^(arn:aws(-[a-z]+)*:iam::[0-9]{12}:role/)?[A-Za-z0-9_+=,.@/-]{1,512}$")
]
"""An IAM role: its name with its path, such as `platform`, where it is of the stack's own account, else its ARN, such
as `arn:aws:iam::123456789012:role/platform`."""
