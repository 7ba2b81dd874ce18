"""What the Pulumi engine says of an operation, read from its event log (one JSON object a line)."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

_COLOUR = re.compile(r"<\{%.*?%\}>|\x1b\[[0-9;]*m")
_UNCHANGED = {"same", "read", "read-replacement", "refresh"}
_GONE = {"delete", "delete-replaced", "discard", "discard-replaced"}


@dataclass(frozen=True)
class PolicyFinding:
    """One rule's complaint about one resource."""

    rule: str
    level: str
    resource: str
    message: str


@dataclass
class Outcome:
    """The result of one engine operation.

    ``changes`` counts resources by what happened to them (create, update, same …); ``resources`` are the URNs of those
    that there are now. ``rules_judged`` holds the rules that had at least one resource to judge. ``errors`` are the
    engine's and the program's own messages, without colours. ``succeeded`` is what the engine's exit code said.
    """

    changes: Counter[str] = field(default_factory=Counter)
    resources: set[str] = field(default_factory=set)
    findings: list[PolicyFinding] = field(default_factory=list)
    rules_judged: set[str] = field(default_factory=set)
    resources_judged: int = 0
    errors: list[str] = field(default_factory=list)
    failed_resources: list[str] = field(default_factory=list)
    in_flight: str = ""
    steps_done: int = 0
    succeeded: bool = False

    @property
    def changed(self) -> int:
        """How many resources were, or in a preview would be, created, updated, replaced or deleted."""
        return sum(count for operation, count in self.changes.items() if operation not in _UNCHANGED)

    @property
    def violations(self) -> list[PolicyFinding]:
        """The findings that stop an operation."""
        return [finding for finding in self.findings if finding.level == "mandatory"]


def plain(text: str) -> str:
    """The text without the engine's colour marks."""
    return _COLOUR.sub("", text).strip()


def resource_name(urn: str) -> str:
    """A URN's type and name as a person would say them: ``Namespace team-vision``."""
    parts = urn.split("::")
    if len(parts) < 4:
        return urn
    return f"{parts[2].split('$')[-1].split(':')[-1]} {'::'.join(parts[3:])}"


class EventLog:
    """Follows a growing event log and adds what it says to an outcome."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0
        self.outcome = Outcome()

    def read(self) -> bool:
        """Take in the whole lines that were added since the last call; true when there were any."""
        try:
            with self._path.open("rb") as log:
                log.seek(self._offset)
                chunk = log.read()
        except FileNotFoundError:
            return False
        complete = chunk[: chunk.rfind(b"\n") + 1]
        self._offset += len(complete)
        for line in complete.splitlines():
            _take(self.outcome, json.loads(line))
        return bool(complete)


def _take(outcome: Outcome, event: dict[str, Any]) -> None:
    if step := event.get("resourcePreEvent"):
        outcome.in_flight = resource_name(step["metadata"]["urn"])
    elif step := event.get("resOutputsEvent"):
        operation, urn = step["metadata"]["op"], step["metadata"]["urn"]
        if operation not in _GONE:
            outcome.resources.add(urn)
        if operation not in _UNCHANGED:
            outcome.steps_done += 1
    elif failed := event.get("resOpFailedEvent"):
        outcome.failed_resources.append(resource_name(failed["metadata"]["urn"]))
    elif policy := event.get("policyEvent"):
        finding = PolicyFinding(
            rule=policy["policyName"],
            level=policy["enforcementLevel"],
            resource=resource_name(policy.get("resourceUrn", "")),
            message=plain(policy["message"]),
        )
        outcome.findings.append(finding)
    elif judged := event.get("policyAnalyzeSummaryEvent") or event.get("policyAnalyzeStackSummaryEvent"):
        outcome.resources_judged += 1
        outcome.rules_judged.update(judged.get("passed") or (), judged.get("failed") or ())
    elif diagnostic := event.get("diagnosticEvent"):
        if diagnostic["severity"] == "error":
            outcome.errors.append(plain(diagnostic.get("prefix", "") + diagnostic["message"]))
    elif summary := event.get("summaryEvent"):
        outcome.changes = Counter(summary["resourceChanges"])
