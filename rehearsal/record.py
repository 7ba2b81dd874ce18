"""What one rehearsal is, in a file: the only thing that makes a directory a rehearsal."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from rehearsal.files import read_json, write_json
from rehearsal.kubernetes.control_plane import Endpoints
from rehearsal.machine.host import Level
from rehearsal.processes.process import boot_id
from rehearsal.world import Aws

if TYPE_CHECKING:
    from rehearsal.layout import Layout


@dataclass(frozen=True)
class Record:
    """The facts of a rehearsal that do not change while it lives, and ``world``: what it was last made to be.

    ``subnet``, ``namespaces`` (kind to inode) and ``snapshotter`` (containerd's way to stack file systems) are
    empty at level objects; ``world`` is empty until a start has come to its end. ``aws`` is the account that it was
    last started to play, None where it plays none.
    """

    level: Level
    boot: str
    endpoints: Endpoints
    subnet: str = ""
    namespaces: tuple[tuple[str, int], ...] = ()
    snapshotter: str = ""
    world: str = ""
    aws: Aws | None = None

    @classmethod
    def load(cls, layout: Layout) -> Record | None:
        """The record of a rehearsal that was started and not stopped."""
        content: dict[str, Any] | None = read_json(layout.record)
        if content is None:
            return None
        try:
            return cls(
                level=Level(content["level"]),
                boot=content["boot"],
                endpoints=Endpoints(**content["endpoints"]),
                subnet=content["subnet"],
                namespaces=tuple((kind, inode) for kind, inode in content["namespaces"]),
                snapshotter=content["snapshotter"],
                world=content["world"],
                aws=_aws(content["aws"]),
            )
        except (AttributeError, KeyError, TypeError, ValueError):
            # Written by another version of this program: as good as none.
            return None

    def save(self, layout: Layout) -> None:
        """Make it the rehearsal's record."""
        write_json(layout.record, asdict(self) | {"level": self.level.value})

    @property
    def of_this_boot(self) -> bool:
        """Whether the machine has not been restarted since."""
        return self.boot == boot_id()


def _aws(content: dict[str, Any] | None) -> Aws | None:
    return Aws(content["region"], tuple(content["roles"]), tuple(content["machines"])) if content else None
