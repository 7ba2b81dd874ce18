"""Machines of one's own as nodes of an EKS cluster."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, Tag

from components._spec import Spec, by_kind
from components.specs.network import Cidr


class ActivationIdentity(Spec):
    """Machines register with Systems Manager by a code that is an output of the stack; a code is good for a day."""

    kind: Literal["ssm"] = "ssm"
    """How machines prove who they are."""
    registration_limit: int = Field(default=10, ge=1, le=1000)
    """How many machines may register by one code."""


class CertificateIdentity(Spec):
    """Machines have certificates of the company's own authority."""

    kind: Literal["roles_anywhere"]
    """How machines prove who they are."""
    ca_certificate: Annotated[str, StringConstraints(pattern=r"^-----BEGIN CERTIFICATE-----\s")]
    """The authority's certificate, PEM. A machine's certificate names the machine as its subject's common name, which
    is the node's name too."""


NodeIdentity = Annotated[
    Annotated[ActivationIdentity, Tag("ssm")] | Annotated[CertificateIdentity, Tag("roles_anywhere")], by_kind("ssm")
]


class HybridSpec(Spec):
    """EKS Hybrid Nodes: the control plane in AWS, nodes in a data centre that is connected with the VPC by Direct
    Connect or VPN."""

    node_cidrs: tuple[Cidr, ...] = Field(min_length=1, max_length=15)
    """Addresses of the machines; RFC 1918 or 6598."""
    pod_cidrs: tuple[Cidr, ...] = Field(min_length=1, max_length=15)
    """Addresses of the pods on them; routed to the machines, so that the control plane reaches webhooks there."""
    identity: NodeIdentity = ActivationIdentity()
    """How the machines prove who they are."""
    cni: Literal["cilium", "none"] = "cilium"
    """What connects pods on these machines; AWS' own plugin works in a VPC only. `none`: you install one."""
    pod_block_prefix: int = Field(default=25, ge=20, le=28)
    """Prefix length of the block of pod addresses that each machine gets."""
