"""`mlplatform prerequisites`: whether a cluster that was there before has what a stack needs of it.

The program cannot ask before it creates: a preview knows no API of the cluster, so it would stop at the first object of
a kind that is not served, with half of the platform there.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Final

import typer

from cli.console import console, fail

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from components.specs.capacity import Pool
    from rehearsal.kube import Kube

SUPPORTED: Final = range(34, 37)
"""Minor versions of Kubernetes 1 that the platform is made for, wherever the cluster comes from; those of
`components/specs/eks_versions.py`, which says until when EKS supports each."""
_CERT_MANAGER: Final = "/apis/cert-manager.io/v1"

StackName = Annotated[str, typer.Argument(help="The stack: stacks/Pulumi.STACK.yaml.", metavar="STACK")]


def prerequisites(stack: StackName) -> None:
    """Ask a cluster that was there before for what the stack needs of it. Exit code 1 where something is missing."""
    from cli.cluster_access import own_cluster
    from cli.rehearsal_ready import settings_of
    from rehearsal.kube import Kube, KubeError

    settings = settings_of(stack)
    if settings.cluster.kind != "existing":
        raise fail(f"stack {stack}: makes its own cluster, with all that it needs; `pulumi preview` asks AWS")
    out, found = console(), own_cluster(stack)
    try:
        with Kube(found.access) as kube:
            missing = list(lacks(kube, settings.capacity.pools))
    except KubeError as error:
        raise fail(f"cluster: does not answer, got {error}; check mlplatform:cluster.kubeconfig and context") from None
    for line in missing:
        out.print(f"[red]✗[/] {line}", soft_wrap=True)
    if missing:
        raise SystemExit(1)
    out.print("[green]✓[/] the cluster has what the stack needs of it")


def lacks(kube: Kube, pools: Sequence[Pool]) -> Iterator[str]:
    """One line for each thing that the cluster lacks; raises KubeError where it does not answer."""
    from rehearsal.kube import KubeError

    version = kube.get("/version")
    minor = re.match(r"\d+", version["minor"])
    if version["major"] != "1" or minor is None or int(minor[0]) not in SUPPORTED:
        remedy = f"it must be 1.{SUPPORTED.start} to 1.{SUPPORTED.stop - 1}"
        yield f"Kubernetes: is not supported, got {version['major']}.{version['minor']}; {remedy}"
    try:
        kube.get(_CERT_MANAGER)
    except KubeError as error:
        remedy = "install cert-manager (https://cert-manager.io/docs/installation/)"
        yield f"cert-manager: its API cert-manager.io/v1 is not served, got {error}; {remedy}"
    nodes = kube.list("/api/v1/nodes")
    for pool in pools:
        own = [each for each in nodes if each["metadata"]["labels"].get("mlplatform.dev/pool") == pool.name]
        if len(own) < pool.nodes:
            remedy = f"label nodes mlplatform.dev/pool={pool.name}, or name fewer in the stack file"
            yield f"pool {pool.name}: has fewer nodes than its {pool.nodes}, got {len(own)}; {remedy}"
