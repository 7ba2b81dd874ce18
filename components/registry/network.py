"""Whom the model registry's server may connect to: it answers to strangers' requests, so it is told."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

import pulumi

from components.kubernetes.namespace import in_namespace
from components.stores.postgres import PORT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from components.artifact_bucket import WayThere

Rule = dict[str, Any]

_DNS: Final = {**in_namespace("kube-system"), "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}}}


def egress(way: WayThere, database_namespace: str | None) -> list[pulumi.Input[Rule]]:
    """Rules that let it reach name servers, the database and the bucket. Without a namespace the database is a managed
    one, whose addresses change and whose own security group says who is let in."""
    names = [{"protocol": protocol, "port": 53} for protocol in ("UDP", "TCP")]
    database: Rule = {"to": [in_namespace(database_namespace)]} if database_namespace else {}
    peers = [{"to": [in_namespace(peer.namespace)], "ports": _tcp(peer.ports)} for peer in way.peers]
    late = [pulumi.Output.from_input(each.cidrs).apply(partial(_blocks, each.ports)) for each in way.addresses]
    return [{"to": [_DNS], "ports": names}, {**database, "ports": _tcp((PORT,))}, *peers, *late]


def _tcp(ports: Sequence[int]) -> list[dict[str, Any]]:
    return [{"protocol": "TCP", "port": port} for port in ports]


def _blocks(ports: Sequence[int], cidrs: Sequence[str]) -> Rule:
    return {"to": [{"ipBlock": {"cidr": cidr}} for cidr in cidrs], "ports": _tcp(ports)}
