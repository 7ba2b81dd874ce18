"""What a rehearsal ends with: what runs, where to reach it, what the rules said, and what was real."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from rich.markup import escape
from rich.table import Table

from cli.console import clock
from rehearsal.engine import Nearness

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.console import Console

    from rehearsal.engine import Fidelity

GPU_RESOURCE = "nvidia.com/gpu"


@dataclass(frozen=True)
class Node:
    """A node as the API server has it."""

    name: str
    real: bool
    gpus: int
    product: str


@dataclass(frozen=True)
class Pods:
    """Pods of one namespace: how many are ready for real, how many simulated, and which are not ready."""

    namespace: str
    real: int
    simulated: int
    not_ready: tuple[str, ...] = ()


@dataclass(frozen=True)
class Policies:
    """What the policy pack did: rules that judged, resources judged, and findings as `rule resource: message`."""

    rules: int
    resources: int
    violations: tuple[str, ...] = ()
    advice: tuple[str, ...] = ()


@dataclass(frozen=True)
class Summary:
    """All of it, as data; ``seconds`` are those of each phase, ``origins`` say where each image is from.

    ``stood_in`` says what had something simpler in its place.
    """

    stack: str
    name: str
    level: str
    level_reason: str
    changes: dict[str, int]
    outputs: dict[str, Any]
    nodes: tuple[Node, ...]
    pods: tuple[Pods, ...]
    policies: Policies
    origins: dict[str, str]
    simulated_images: dict[str, str]
    left_out: tuple[str, ...]
    stood_in: tuple[str, ...]
    fidelity: Fidelity
    kubeconfig: str
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def ready(self) -> bool:
        """Whether every pod is."""
        return not any(pods.not_ready for pods in self.pods)

    def to_json(self) -> str:
        """The summary as a JSON document."""
        fidelity = asdict(self.fidelity) | {
            "totals": self.fidelity.totals,
            "emulated_share": self.fidelity.emulated_share,
        }
        return json.dumps(asdict(self) | {"ready": self.ready, "fidelity": fidelity}, indent=2)


def print_summary(out: Console, summary: Summary) -> None:
    """Show the summary to a person."""
    done = ", ".join(f"{count} {verb}" for verb, count in sorted(summary.changes.items()))
    out.print(f"\n[bold]{summary.stack}[/] on rehearsal [bold]{summary.name}[/], level {summary.level}: {done}")
    for title, rows in (
        ("Endpoints", _endpoint_rows(summary.outputs)),
        ("Nodes", _node_rows(summary.nodes)),
        ("Pods", _pod_rows(summary.pods)),
        ("Policies", _policy_rows(summary.policies)),
        ("Resources", _fidelity_rows(summary.fidelity)),
        ("Not real", _unreal_rows(summary)),
        ("Time", [(title, clock(seconds)) for title, seconds in summary.seconds.items()]),
    ):
        _print_section(out, title, rows)
    out.print(f"\n[dim]export KUBECONFIG={summary.kubeconfig}[/]", soft_wrap=True)


def _print_section(out: Console, title: str, rows: list[tuple[str, str]]) -> None:
    out.print(f"\n[bold]{title}[/]")
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for left, right in rows:
        table.add_row(f"  {escape(left)}", right)
    out.print(table)


def _endpoint_rows(outputs: dict[str, Any]) -> list[tuple[str, str]]:
    """Every output whose value is an address, by the path that leads to it."""
    rows: list[tuple[str, str]] = []

    def collect(path: str, value: object) -> None:
        if isinstance(value, dict):
            for key, inner in value.items():
                collect(f"{path} {key}".strip(), inner)
        elif isinstance(value, str) and "://" in value:
            rows.append((path, escape(value)))

    collect("", outputs)
    return rows


def _node_rows(nodes: tuple[Node, ...]) -> list[tuple[str, str]]:
    rows = [(node.name, "real: the platform's own pods") for node in nodes if node.real]
    simulated: Counter[tuple[str, int]] = Counter((node.product, node.gpus) for node in nodes if not node.real)
    for (product, gpus), count in sorted(simulated.items()):
        shape = f"{gpus} x {product} each, {gpus * count} GPUs" if gpus else "pods whose image cannot be had here"
        rows.append((f"{count} simulated", shape))
    return rows


def _pod_rows(pods: tuple[Pods, ...]) -> list[tuple[str, str]]:
    rows = []
    for each in pods:
        text = ", ".join(
            part
            for part in (
                f"[green]{each.real} ready[/]" if each.real else "",
                f"[cyan]{each.simulated} simulated[/]" if each.simulated else "",
                *(f"[red]{escape(pod)}[/]" for pod in each.not_ready),
            )
            if part
        )
        rows.append((each.namespace, text))
    return rows


def _policy_rows(policies: Policies) -> list[tuple[str, str]]:
    rows = [(f"{policies.rules} rules", f"judged {policies.resources} resources")]
    rows += [("violation", f"[red]{escape(line)}[/]") for line in policies.violations]
    advising = Counter(line.split(" ", 1)[0] for line in policies.advice)
    rows += [("advice", f"{rule} on {count} resources; `--json` says which") for rule, count in advising.items()]
    return rows


def _fidelity_rows(fidelity: Fidelity) -> list[tuple[str, str]]:
    rows = [(name, _counts(counts)) for name, counts in fidelity.components.items()]
    share = fidelity.emulated_share
    if share is None:
        return rows
    rows.append(("all", f"{_counts(fidelity.totals)}; of AWS {share:.0%} emulated"))
    reasons: dict[str, list[str]] = {}
    for each in fidelity.recorded:
        reasons.setdefault(each.reason, []).append(f"{each.resources} {each.type.rpartition(':')[2]}")
    rows += [("recorded", escape(f"{', '.join(kinds)}: {reason}")) for reason, kinds in reasons.items()]
    if fidelity.gaps:
        rows.append(("gaps", f"settings of {len(fidelity.gaps)} types that moto did not take; `--json` says which"))
    return rows


def _counts(counts: Mapping[str, int]) -> str:
    colours = {Nearness.RECORDED: "yellow", Nearness.UNACCOUNTED: "red"}
    return ", ".join(
        f"[{colours[Nearness(each)]}]{count} {each}[/]" if each in colours else f"{count} {each}"
        for each, count in counts.items()
    )


def _unreal_rows(summary: Summary) -> list[tuple[str, str]]:
    rows = [(f"level {summary.level}", escape(summary.level_reason))] if summary.level_reason else []
    rows += [("left out", escape(text)) for text in summary.left_out]
    rows += [("stood in", escape(text)) for text in summary.stood_in]
    if summary.simulated_images:
        names = ", ".join(image.split("/", 1)[-1] for image in summary.simulated_images)
        rows.append(("simulated", f"pods of images that cannot be had here: {escape(names)}"))
    made = Counter(text.split(" ", 1)[0] for text in summary.origins.values())
    if made:
        text = ", ".join(f"{count} {how}" for how, count in sorted(made.items()))
        rows.append(("images", f"{text}; `--json` says from what"))
    return rows
