"""One operation on one resource: what is known of it, and the calls made for it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import jmespath

from rehearsal.aws.account import ACCOUNT_ID, PARTITION
from rehearsal.aws.kind import Call
from rehearsal.aws.shapes import translate
from rehearsal.aws.tags import at_creation
from rehearsal.aws.templates import fill

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rehearsal.aws.account import Account
    from rehearsal.aws.kind import Kind, Step
    from rehearsal.aws.stores import ManagedStores
    from rehearsal.aws.wire import Properties


def _made_up() -> dict[str, str]:
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return {"hex17": uuid4().hex[:17], "uuid": str(uuid4()), "now": now}


@dataclass
class Work:
    """Handed to every step of an entry of the table."""

    account: Account
    kind: Kind
    inputs: Properties
    old: Properties = field(default_factory=dict)
    """The inputs before this operation; empty at a creation."""
    id: str = ""
    state: Properties = field(default_factory=dict)
    """The outputs so far."""
    control_plane: Mapping[str, str] = field(default_factory=dict)
    """What stands for EKS clusters; empty if nothing does."""
    stores: ManagedStores | None = None
    """What runs managed stores; None: nothing does."""
    inner: Properties = field(default_factory=dict)
    """What AWS decided inside inputs, by dotted path."""
    calls: list[str] = field(default_factory=list)
    """Calls that moto answered."""
    gaps: dict[str, str] = field(default_factory=dict)
    """Properties and calls that moto did not take, and why."""
    made: dict[str, str] = field(default_factory=_made_up)

    @property
    def region(self) -> str:
        """The region of the resource."""
        return str(self.inputs.get("region") or self.account.region)

    def values(self) -> Properties:
        """What templates may name; an input wins over an output, and an ID over both."""
        surroundings = {"account": ACCOUNT_ID, "region": self.region, "partition": PARTITION}
        known = {**surroundings, **self.made, **self.state, **self.inputs}
        return known | ({"id": self.id} if self.id else {})

    def call(self, service: str, operation: str, **parameters: Any) -> dict[str, Any]:  # noqa: ANN401
        """One call; raises as ``Account.call`` does."""
        answer = self.account.call(service, operation, parameters, self.region)
        self.calls.append(self.account.name_of(service, operation))
        return answer

    def run(self, step: Step) -> Any:  # noqa: ANN401 - what the resource looks like depends on the service
        """One step: the part of the answer that is the resource."""
        if not isinstance(step, Call):
            return step(self)
        answer = self.call(step.service, step.operation, **self.parameters(step))
        return jmespath.search(step.answer, answer) if step.answer else answer

    def parameters(self, call: Call) -> dict[str, Any]:
        """What a call is made with."""
        computed = {name: part(self) if callable(part) else part for name, part in call.parameters.items()}
        given = fill(computed, self.values()) or {}
        if not call.inputs:
            return dict(given)
        shape = self.account.operation(call.service, call.operation).input_shape
        tagging = self.kind.tagging
        creates = tagging and call is self.kind.creating()
        tags = at_creation(self.inputs.get("tagsAll") or {}, shape, tagging) if tagging and creates else {}
        translated = translate(self.inputs, shape, self.kind.names, self.skipped()).parameters
        return _merge(translated, _merge(given, tags))

    def skipped(self) -> tuple[str, ...]:
        """Properties that no call takes by name."""
        return (*self.kind.local, "tags", "tagsAll", "region")


def _merge(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        beneath = merged.get(key)
        merged[key] = _merge(beneath, value) if isinstance(beneath, dict) and isinstance(value, dict) else value
    return merged
