"""What the tests of the image store are made with: tools that exist, small recipes, and parts that are watched."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from rehearsal.images import ImageStore
from rehearsal.images.parts import Account, Program, Sources
from rehearsal.images.recipe import LayerRecipe, Recipe
from rehearsal.images.registry import Registries
from rehearsal.images.tree import Entry, file
from rehearsal.progress import Silent

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rehearsal.progress import Phase
    from rehearsal.toolchain.tools import Tools

TOOL = "registry.example/made/tool:v1.2.3"
SCRIPT = "docker.io/library/script:7"


class Binaries:
    """The tools of a run, as files of one directory."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        if not directory.exists():
            directory.mkdir(parents=True)
            (directory / "tool").write_bytes(b"\x7fELF" + bytes(range(256)) * 500)

    def binary(self, name: str) -> Path:
        return self._directory / name


@dataclass(frozen=True)
class Watched:
    """A part that counts how often it is made, and may fail half-way."""

    made: list[Path] = field(default_factory=list, compare=False)
    fails: list[BaseException] = field(default_factory=list, compare=False)

    def key(self, tools: Tools) -> str:
        del tools
        return "watched"

    def entries(self, sources: Sources) -> Iterator[Entry]:
        assert list(sources.work.iterdir()) == []
        (sources.work / "half-made").write_text("")
        self.made.append(sources.work)
        yield file("etc/first", "1" * 100_000)
        if self.fails:
            raise self.fails.pop()
        yield file("etc/second", "2")


class Notes(Silent):
    """A reporter that keeps what is said."""

    def __init__(self) -> None:
        self.phases: list[str] = []
        self.lines: list[str] = []

    @contextmanager
    def phase(self, title: str, *, log: Path | None = None, expected_seconds: float | None = None) -> Iterator[Phase]:
        del log, expected_seconds
        self.phases.append(title)
        yield self

    def update(self, detail: str) -> None:
        self.lines.append(detail)

    def note(self, line: str) -> None:
        self.lines.append(line)


def recipes(watched: Watched | None = None) -> dict[str, Recipe]:
    """Two images that share their lowest layer."""
    lowest = LayerRecipe("lowest", (watched or Watched(),), expected_seconds=1)
    program = LayerRecipe("tool", (Program("tool", "/bin/tool"), Account("user", 1000)), expected_seconds=1)
    made = (
        Recipe(
            "registry.example/made/tool", (lowest, program), "1.2.3", "a test", 1000, "tool", entrypoint=("/bin/tool",)
        ),
        Recipe("docker.io/library/script", (lowest,), "7", "a test", 0, command=("sh",)),
    )
    return {recipe.repository: recipe for recipe in made}


def store(directory: Path, watched: Watched | None = None, registries: Registries | None = None) -> ImageStore:
    """An image store of these recipes; without registries unless some are given."""
    return ImageStore(
        directory / "images",
        cast("Tools", Binaries(directory / "bin")),
        recipes=recipes(watched),
        registries=registries or Nowhere(),
    )


class Nowhere(Registries):
    """A world without registries."""

    def reachable(self, registries: object) -> set[str]:
        del registries
        return set()


def blobs(directory: Path) -> list[Path]:
    """The stored blobs, the largest first."""
    return sorted((directory / "images" / "blobs").iterdir(), key=lambda path: -path.stat().st_size)
