"""The `aws` of a rehearsal: `aws eks get-token` as kubeconfigs of EKS call it, and nothing else."""

from __future__ import annotations

import argparse
import datetime
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn

from rehearsal.aws.sign_in.tokens import Keys, make

if TYPE_CHECKING:
    from collections.abc import Sequence

API_VERSION: Final = "client.authentication.k8s.io/v1beta1"
_USE_FOR: Final = datetime.timedelta(minutes=14)
"""A client asks for another token a minute before this one ends."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(
            252,
            f"aws: {message}; the `aws` of a rehearsal knows only "
            "`aws eks get-token --cluster-name NAME --region REGION [--output json]`\n",
        )


def main(arguments: Sequence[str] | None = None) -> None:
    """Print a token for a cluster, signed with the keys of AWS_SHARED_CREDENTIALS_FILE."""
    parser = _Parser(prog="aws", allow_abbrev=False, add_help=False)
    parser.add_argument("service", choices=["eks"])
    parser.add_argument("operation", choices=["get-token"])
    parser.add_argument("--cluster-name", required=True)
    parser.add_argument("--region", required=True)
    parser.add_argument("--output", choices=["json"])
    asked = parser.parse_args(arguments)
    credentials = os.environ.get("AWS_SHARED_CREDENTIALS_FILE")
    if not credentials:
        parser.error("AWS_SHARED_CREDENTIALS_FILE is not set: this shell is not one of a rehearsal")
    keys = Keys.read(Path(credentials))
    expires = datetime.datetime.now(datetime.UTC) + _USE_FOR
    status = {
        "expirationTimestamp": expires.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "token": make(asked.cluster_name, asked.region, keys),
    }
    answer = {"kind": "ExecCredential", "apiVersion": API_VERSION, "spec": {}, "status": status}
    sys.stdout.write(json.dumps(answer) + "\n")


if __name__ == "__main__":
    main()
