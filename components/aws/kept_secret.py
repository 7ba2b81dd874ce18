"""A secret that people and other programs of the account can ask AWS for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pulumi
from pulumi_aws import secretsmanager

from components.aws.names import named

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pulumi_aws import kms

    from components.aws.place import AwsAccount

_LONGEST_NAME: Final = 512
_RECOVERY_DAYS: Final = 30


def kept_secret(
    name: str, account: AwsAccount, content: Mapping[str, Any], *, key: kms.Key, parent: pulumi.Resource
) -> secretsmanager.Secret:
    """A secret of JSON in Secrets Manager. One that was deleted can be had back for thirty days, unless the stack is
    disposable."""
    secret = secretsmanager.Secret(
        name,
        name=named(name, longest=_LONGEST_NAME),
        kms_key_id=key.arn,
        recovery_window_in_days=0 if account.disposable else _RECOVERY_DAYS,
        opts=account.options(parent),
    )
    secretsmanager.SecretVersion(
        name,
        secret_id=secret.id,
        secret_string=pulumi.Output.json_dumps(dict(content)),
        opts=account.options(parent),
    )
    return secret
