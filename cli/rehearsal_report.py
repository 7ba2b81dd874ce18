"""What a rehearsal has come to, gathered from the engine, the cluster and the store of images."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cli.summary import Node, Pods, Policies, Summary
from rehearsal.aws.ledger import Ledger
from rehearsal.aws.report import losses
from rehearsal.cloud import trust
from rehearsal.cloud.stores import NAMESPACES
from rehearsal.cluster import node_capacity, only_node, simulated_pods
from rehearsal.engine import fidelity
from rehearsal.images import Source
from rehearsal.session import Level

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cli.rehearsal_ready import Ready
    from rehearsal.aws.ledger import Entry
    from rehearsal.engine import Engine, Outcome
    from rehearsal.kube import Kube
    from rehearsal.readiness import Report
    from rehearsal.session import Session


@dataclass(frozen=True)
class Finished:
    """A stack that was brought up: by whom, and what each had to say."""

    stack: str
    session: Session
    ready: Ready
    engine: Engine
    outcome: Outcome
    pods: Report


def summarise(finished: Finished, kube: Kube, seconds: Mapping[str, float]) -> Summary:
    """The summary; ``seconds`` are those of each phase."""
    session, ready, outcome = finished.session, finished.ready, finished.outcome
    origins = {reference: ready.store.origin(reference) for reference in _in_use(ready.images.references, kube)}
    findings = [(f.level, f"{f.rule} {f.resource}: {f.message}") for f in outcome.findings]
    return Summary(
        stack=finished.stack,
        name=session.name,
        level=session.level.value,
        level_reason=ready.level_reason,
        changes=dict(outcome.changes),
        outputs=finished.engine.outputs(),
        nodes=tuple(_node(node) for node in kube.list("/api/v1/nodes")),
        pods=_pods(finished.pods),
        policies=Policies(
            rules=len(outcome.rules_judged),
            resources=outcome.resources_judged,
            violations=tuple(text for level, text in findings if level == "mandatory"),
            advice=tuple(text for level, text in findings if level != "mandatory"),
        ),
        origins={ref: origin.text for ref, origin in origins.items() if origin.source is not Source.UNAVAILABLE},
        simulated_images={ref: origin.text for ref, origin in origins.items() if origin.source is Source.UNAVAILABLE},
        left_out=_left_out(session),
        stood_in=_stood_in(session),
        fidelity=fidelity(outcome.resources, _ledger(session)),
        kubeconfig=str(session.kubeconfig),
        seconds=dict(seconds),
    )


def _in_use(references: Iterable[str], kube: Kube) -> list[str]:
    """Those of the images that a pod has: others were at hand for stacks that differ from this one."""
    pods = (pod["spec"] for pod in kube.list("/api/v1/pods"))
    used = {each["image"] for pod in pods for each in (*pod["containers"], *pod.get("initContainers", ()))}
    return [reference for reference in references if used.intersection(simulated_pods.spellings(reference))]


def _left_out(session: Session) -> tuple[str, ...]:
    lost = losses(session.account.state) if session.account else ()
    if session.level is Level.FULL:
        return lost
    return (
        *lost,
        "the containers of every pod",
        "the controllers' webhooks, conversions and aggregated APIs: nothing would answer them",
    )


def _stood_in(session: Session) -> tuple[str, ...]:
    """What had something simpler in its place, whether or not the stack uses it."""
    said = ["cert-manager: a stand-in issues certificates", "storage drivers: a volume is a directory of this machine"]
    if session.level is Level.FULL:
        has = ", ".join(f"{amount} {resource}" for resource, amount in node_capacity.ANNOUNCED.items())
        said.append(f"nodes of the platform's own pods: one real node, which announces {has}")
    said.append(f"pods over several nodes: admission policy {only_node.SPREADING} takes off the rules that spread them")
    if session.account:
        said.append(
            f"AWS: moto at {session.account.endpoint}; tokens for the cluster are those of {session.account.role}"
        )
    if session.account and session.level is Level.FULL:
        said += [
            "RDS, ElastiCache, S3: PostgreSQL, Valkey and SeaweedFS under AWS's names, "
            f"in namespaces {', '.join(NAMESPACES.values())}",
            "Karpenter: its build for AWS does not run; its core, built for KWOK, starts simulated nodes of its pools",
            f"EKS Pod Identity: admission policy {trust.NAME} adds variables and a volume to pods",
        ]
    if session.account:
        said += [f"moto lost something when it was started again: {loss}" for loss in losses(session.account.state)]
    return tuple(said)


def _ledger(session: Session) -> Iterable[Entry]:
    return Ledger(session.account.state).entries() if session.account else ()


def _node(node: dict[str, Any]) -> Node:
    metadata = node["metadata"]
    return Node(
        name=metadata["name"],
        real="kwok.x-k8s.io/node" not in metadata.get("annotations", {}),
        gpus=int(node["status"].get("capacity", {}).get("nvidia.com/gpu", 0)),
        product=metadata.get("labels", {}).get("nvidia.com/gpu.product", ""),
    )


def _pods(report: Report) -> tuple[Pods, ...]:
    namespaces = sorted({pod.namespace for pod in report.pods} | {each.namespace for each in report.unready})
    return tuple(
        Pods(
            namespace=namespace,
            real=sum(pod.namespace == namespace for pod in report.real),
            simulated=sum(pod.namespace == namespace for pod in report.simulated),
            not_ready=tuple(str(each) for each in report.unready if each.namespace == namespace),
        )
        for namespace in namespaces
    )
