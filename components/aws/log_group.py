"""Log groups in CloudWatch."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pulumi
    from pulumi_aws import cloudwatch

    from components.aws.place import AwsAccount


def log_group(
    name: str,
    account: AwsAccount,
    path: pulumi.Input[str],
    *,
    key_arn: pulumi.Input[str],
    parent: pulumi.Resource,
) -> cloudwatch.LogGroup:
    """A log group of this exact name, encrypted with the key, which keeps what it is sent for the account's time.

    It is made before whoever writes to it: else AWS makes one that keeps everything for ever, in clear.
    """
    from pulumi_aws import cloudwatch

    return cloudwatch.LogGroup(
        name,
        name=path,
        retention_in_days=account.log_retention_days,
        kms_key_id=key_arn,
        opts=account.protected(parent),
    )
