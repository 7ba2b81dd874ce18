"""`mlplatform prerequisites`: whether a cluster that was there before has what a stack needs of it.

The program cannot ask before it creates: a preview knows no API of the cluster, so it would stop at the first object of
a kind that is not served, with half of the platform there.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from cli.console import console, fail

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from components.specs.capacity import Pool
    from components.specs.cluster import ExistingClusterSpec

SUPPORTED: Final = range(34, 37)
"""Minor versions of Kubernetes 1 that the platform is made for, wherever the cluster comes from; those of
`components/specs/eks_versions.py`, which says until when EKS supports each."""
_ANSWER_SECONDS: Final = 30
_CERT_MANAGER: Final = "/apis/cert-manager.io/v1"

StackName = Annotated[str, typer.Argument(help="The stack: stacks/Pulumi.STACK.yaml.", metavar="STACK")]


class MissingError(Exception):
    """The cluster has nothing at this path, or does not answer; the text is kubectl's last line."""


@dataclass(frozen=True)
class Cluster:
    """The cluster that a stack file names, asked by kubectl; nothing of it is changed."""

    kubeconfig: str | None
    context: str | None

    def get(self, path: str) -> Any:  # noqa: ANN401 - whatever JSON the path answers
        """What the API server answers at the path; raises MissingError."""
        chosen = (("--kubeconfig", self.kubeconfig), ("--context", self.context))
        options = [f"{option}={value}" for option, value in chosen if value]
        argv = [_kubectl(), *options, f"--request-timeout={_ANSWER_SECONDS}s", "get", "--raw", path]
        try:
            done = subprocess.run(argv, capture_output=True, text=True, check=False)
        except FileNotFoundError:
            raise MissingError("kubectl is not installed") from None
        if done.returncode:
            raise MissingError((done.stderr.strip() or "no answer").splitlines()[-1])
        return json.loads(done.stdout)


def prerequisites(stack: StackName) -> None:
    """Ask a cluster that was there before for what the stack needs of it. Exit code 1 where something is missing."""
    from cli.rehearsal_ready import settings_of

    settings = settings_of(stack)
    if settings.cluster.kind != "existing":
        raise fail(f"stack {stack}: makes its own cluster, with all that it needs; `pulumi preview` asks AWS")
    out, cluster = console(), _cluster(settings.cluster)
    try:
        missing = list(lacks(cluster, settings.capacity.pools))
    except MissingError as error:
        raise fail(f"cluster: does not answer, got {error}; check mlplatform:cluster.kubeconfig and context") from None
    for line in missing:
        out.print(f"[red]✗[/] {line}", soft_wrap=True)
    if missing:
        raise SystemExit(1)
    out.print("[green]✓[/] the cluster has what the stack needs of it")


def lacks(cluster: Cluster, pools: Sequence[Pool]) -> Iterator[str]:
    """One line for each thing that the cluster lacks; raises MissingError where it does not answer."""
    version = cluster.get("/version")
    minor = re.match(r"\d+", version["minor"])
    if version["major"] != "1" or minor is None or int(minor[0]) not in SUPPORTED:
        remedy = f"it must be 1.{SUPPORTED.start} to 1.{SUPPORTED.stop - 1}"
        yield f"Kubernetes: is not supported, got {version['major']}.{version['minor']}; {remedy}"
    try:
        cluster.get(_CERT_MANAGER)
    except MissingError as error:
        remedy = "install cert-manager (https://cert-manager.io/docs/installation/)"
        yield f"cert-manager: its API cert-manager.io/v1 is not served, got {error}; {remedy}"
    nodes = cluster.get("/api/v1/nodes?limit=5000")["items"]
    for pool in pools:
        own = [each for each in nodes if each["metadata"]["labels"].get("mlplatform.dev/pool") == pool.name]
        if len(own) < pool.nodes:
            remedy = f"label nodes mlplatform.dev/pool={pool.name}, or name fewer in the stack file"
            yield f"pool {pool.name}: has fewer nodes than its {pool.nodes}, got {len(own)}; {remedy}"


def _cluster(spec: ExistingClusterSpec) -> Cluster:
    from cli.stack_files import PROJECT_DIRECTORY

    # Relative paths lie under the project's root, as for the program.
    own = str(Path(PROJECT_DIRECTORY, Path(spec.kubeconfig).expanduser())) if spec.kubeconfig else None
    return Cluster(own, spec.context)


def _kubectl() -> str:
    own = Path(sys.executable).with_name("kubectl")
    return str(own) if own.exists() else "kubectl"
