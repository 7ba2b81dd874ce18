"""Kubeconfig files that hold everything they need: address, authority, certificate and key."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from rehearsal.files import write_json

if TYPE_CHECKING:
    from pathlib import Path

CONTEXT = "mlplatform-rehearsal"


def write_kubeconfig(file: Path, *, server: str, certificates: Path, identity: str) -> None:
    """Write the kubeconfig of one identity out of the rehearsal's certificates, readable by its owner only."""

    def content(name: str) -> str:
        return base64.b64encode((certificates / name).read_bytes()).decode()

    cluster = {"server": server, "certificate-authority-data": content("ca.crt")}
    user = {
        "client-certificate-data": content(f"{identity}.crt"),
        "client-key-data": content(f"{identity}.key"),
    }
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": CONTEXT, "cluster": cluster}],
        "users": [{"name": identity, "user": user}],
        "contexts": [{"name": CONTEXT, "context": {"cluster": CONTEXT, "user": identity}}],
        "current-context": CONTEXT,
    }
    write_json(file, document, mode=0o600)
