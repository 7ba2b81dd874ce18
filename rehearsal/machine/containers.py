"""What containerd holds for one rehearsal, besides images."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rehearsal.machine.command import run, succeeds

if TYPE_CHECKING:
    from pathlib import Path

_KUBELETS = ("--namespace", "k8s.io")
_ROUNDS = 5


@dataclass(frozen=True)
class Containers:
    """Speaks to the containerd behind ``socket`` through the program ``ctr``."""

    ctr: Path
    socket: Path

    @property
    def command(self) -> list[str]:
        """The start of every command."""
        return [str(self.ctr), "--address", str(self.socket)]

    def answer(self) -> bool:
        """Whether containerd answers."""
        return self.socket.exists() and succeeds([*self.command, "version"])

    def remove(self) -> None:
        """Take away every container with its file system; images stay."""
        for _ in range(_ROUNDS):
            # containerd clears up after the dead on its own at the same time: what one round misses, the next
            # one finds or does not need to.
            if tasks := run([*self.command, *_KUBELETS, "tasks", "list", "--quiet"]).split():
                succeeds([*self.command, *_KUBELETS, "tasks", "delete", "--force", *tasks])
            containers = run([*self.command, *_KUBELETS, "containers", "list", "--quiet"]).split()
            if not containers:
                return
            succeeds([*self.command, *_KUBELETS, "containers", "delete", *containers])
