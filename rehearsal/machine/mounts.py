"""The mount namespace of one rehearsal's node: what kubelet and containers mount is never seen by the host.

Some paths are built into kubelet, containerd and the CNI library. Inside the namespace each of them is a directory
of the rehearsal, so several nodes run side by side. Everything mounted inside is gone with the last process.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path

from rehearsal.machine.command import run, succeeds
from rehearsal.processes.process import inode_of

BUILT_IN = ("/var/lib/kubelet", "/var/lib/cni", "/var/log/pods", "/var/log/containers", "/run/containerd")
"""Paths that a node's programs use whatever their configuration says."""


@dataclass(frozen=True)
class MountSpace:
    """A mount namespace pinned below ``pin``, with its own ``directory`` behind every built-in path."""

    pin: Path
    directory: Path

    @property
    def path(self) -> Path:
        """The file that stands for the namespace."""
        return self.pin / "mounts"

    @property
    def exists(self) -> bool:
        """Whether the namespace is there."""
        return inode_of(self.path) is not None

    def make(self) -> None:
        """Make the namespace, in place of what an interrupted command left."""
        self.remove()
        self.pin.mkdir(parents=True, exist_ok=True)
        # A namespace can only be pinned where its own mounts cannot propagate to.
        run(["mount", "--bind", str(self.pin), str(self.pin)])
        run(["mount", "--make-private", str(self.pin)])
        self.path.touch()
        run(["unshare", f"--mount={self.path}", "--propagation=slave", "sh", "-ec", self._script()])

    def remove(self) -> None:
        """Let go of the namespace; it ends with its last process."""
        for point in (self.path, self.pin):
            while succeeds(["mountpoint", "-q", str(point)]):
                run(["umount", "--lazy", str(point)])

    def _script(self) -> str:
        # Containers may ask to see mounts that appear later, which takes a shared root.
        lines = ["mount --make-rshared /"]
        for path in BUILT_IN:
            own = self.directory / path.lstrip("/").replace("/", "-")
            own.mkdir(parents=True, exist_ok=True)
            Path(path).mkdir(parents=True, exist_ok=True)
            lines.append(f"mount --bind {shlex.quote(str(own))} {path}")
        return "\n".join(lines)
