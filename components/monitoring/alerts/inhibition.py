"""Which alert speaks for which others: who is told of a fault is not told besides of what follows from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True)
class Inhibition:
    """Alerts that are sent to nobody while another fires that they follow from."""

    speaking: tuple[str, ...]
    """Matchers of the alert that is sent."""
    silent: tuple[str, ...]
    """Matchers of those that are not."""
    same: tuple[str, ...]
    """Labels that name the thing that both are about."""

    def rule(self) -> dict[str, Any]:
        """As Alertmanager reads it. It takes two missing labels for equal ones: an alert that lacks the first label
        names no such thing, and speaks for nobody."""
        return {
            "source_matchers": [*self.speaking, f'{self.same[0]}=~".+"'],
            "target_matchers": list(self.silent),
            "equal": list(self.same),
        }


def _lesser(area: str, *same: str) -> Inhibition:
    """Warnings beside a critical alert of the same area about the same thing."""
    return Inhibition((f'area="{area}"', 'severity="critical"'), (f'area="{area}"', 'severity="warning"'), same)


INHIBITIONS: Final = (
    _lesser("platform", "policy"),
    _lesser("platform", "exported_namespace", "name"),
    _lesser("gpu", "gpu", "node"),
    _lesser("training", "team"),
    _lesser("serving", "model", "team"),
    # A queue's promise has no model; those of two models are two things.
    _lesser("promises", "slo", "team", "model"),
    _lesser("storage", "namespace"),
    # Its GPUs are silent and its pods do not answer because the machine is gone.
    Inhibition(('alertname="NodeDown"',), ('alertname!="NodeDown"',), ("node",)),
    # Somebody was called already, and the promise cannot be kept before the endpoint is back.
    Inhibition(('alertname="EndpointDown"',), ('alertname=~"SloBurns.+"',), ("model", "team")),
)
"""All of them."""
