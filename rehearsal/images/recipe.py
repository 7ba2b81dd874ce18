"""How an image is made: layers from parts, and what a runtime does with the result."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rehearsal.images.parts import Part

PATH: Final = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
"""Where every image's programs are looked for."""


@dataclass(frozen=True)
class LayerRecipe:
    """One layer: a name for progress lines and files, what it is made from, and how long that takes on an idle core."""

    name: str
    parts: tuple[Part, ...]
    expected_seconds: float


@dataclass(frozen=True)
class Recipe:
    """How to make the image of one repository.

    ``version`` is the version that comes out of it; a tag that says another is pointed out. ``source`` says what
    it is made from. ``tool`` is the tool of the toolchain that it needs, where it needs one.
    """

    repository: str
    layers: tuple[LayerRecipe, ...]
    version: str
    source: str
    user: int
    tool: str | None = None
    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    directory: str = "/"

    def configuration(self) -> dict[str, object]:
        """What a runtime does with the image unless a pod says otherwise: the OCI image's `config`."""
        environment = {"PATH": PATH, **self.environment}
        return {
            "User": f"{self.user}:{self.user}",
            "Env": [f"{name}={value}" for name, value in environment.items()],
            "WorkingDir": self.directory,
            **({"Entrypoint": list(self.entrypoint)} if self.entrypoint else {}),
            **({"Cmd": list(self.command)} if self.command else {}),
        }
