"""A small catalogue with a stand-in for Go, which writes down what it is asked and makes binaries of a line each."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rehearsal.toolchain import Toolchain
from rehearsal.toolchain.tool import Kept, Tool

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

GO = """#!/bin/sh
# Stands in for go. FAKE_GO_STATE holds: calls (what was asked), fail and block (names of tools).
tool=$(basename "$PWD")
case "$1" in
env) echo "${FAKE_GO_VERSION:-go1.26.8}" ;;
mod)
  echo "mod $tool $5" >> "$FAKE_GO_STATE/calls"
  printf '{"Dir": "%s/modules/%s"}' "$FAKE_GO_STATE" "$5" ;;
build)
  echo "begin $tool" >> "$FAKE_GO_STATE/calls"
  if grep -qx "$tool" "$FAKE_GO_STATE/block" 2>/dev/null; then
    sleep 300 & echo $! > "$FAKE_GO_STATE/compiler"
    wait
  fi
  if grep -qx "$tool" "$FAKE_GO_STATE/fail" 2>/dev/null; then echo "undefined: $tool" >&2; exit 1; fi
  while [ "$1" != -o ]; do shift; done
  out=$2; shift 2
  for package in "$@"; do
    file=$out; [ -d "$out" ] && file=$out/$(basename "$package")
    printf 'binary of %s\\n' "$package" > "$file"; chmod 755 "$file"
  done
  sleep "${FAKE_GO_SECONDS:-0}"
  echo "end $tool" >> "$FAKE_GO_STATE/calls" ;;
esac
"""


def tool(name: str, **changes: object) -> Tool:
    """A tool of the small catalogue, cheap to make."""
    fields: dict[str, object] = {
        "version": "1.0.0",
        "programs": {name: f"example.org/{name}"},
        "expected_seconds": 1,
        "peak_memory_gib": 0.1,
        "disk_gib": 0.001,
        **changes,
    }
    return Tool(name=name, **fields)  # type: ignore[arg-type]


SMALL = (
    tool("anvil"),
    tool("bellows", programs={"puff": "example.org/puff", "blow": "example.org/blow"}),
    tool("crucible", kept=(Kept("example.org/crucible", "charts/crucible", "assets/chart"),)),
)


@dataclass
class Workbench:
    """A store, a stand-in for Go and a catalogue; ``tell`` changes what the stand-in does from now on."""

    directory: Path
    catalogue: Mapping[str, Tool] = field(default_factory=lambda: {t.name: t for t in SMALL})

    @property
    def store(self) -> Path:
        return self.directory / "cache" / "tools"

    @property
    def state(self) -> Path:
        return self.directory / "go-state"

    def toolchain(self) -> Toolchain:
        return Toolchain(self.store, self.catalogue)

    def add(self, *tools: Tool) -> None:
        """Have these tools instead, with their sources."""
        self.catalogue = {t.name: t for t in tools}
        self.write_sources()

    def write_sources(self) -> None:
        for name in self.catalogue:
            sources = self.directory / "sources" / name
            sources.mkdir(parents=True, exist_ok=True)
            (sources / "go.mod").write_text(f"module example.org/toolchain/{name}\n")

    def tell(self, what: str, *tools: str) -> None:
        (self.state / what).write_text("".join(f"{name}\n" for name in tools))

    def calls(self, kind: str) -> list[str]:
        """The tools for which the stand-in was called so, in order."""
        file = self.state / "calls"
        lines = [line.split() for line in file.read_text().splitlines()] if file.exists() else []
        return [words[1] for words in lines if words[0] == kind]

    def installed(self) -> set[str]:
        """The names of what lies in the store, logs apart."""
        entries = {entry.name for entry in self.store.iterdir()} if self.store.exists() else set()
        return entries - {"logs", ".lock"}

    def go_on_path(self) -> Mapping[str, str]:
        """The environment in which the stand-in is found, for programs that are started."""
        path = f"{self.directory / 'go'}{os.pathsep}{os.environ['PATH']}"
        return {**os.environ, "PATH": path, "FAKE_GO_STATE": str(self.state), "MLPLATFORM_RELEASES": "off"}


@dataclass
class Heard:
    """A reporter that remembers what it was told."""

    titles: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    details: list[str] = field(default_factory=list)

    @contextmanager
    def phase(self, title: str, *, log: Path | None = None, expected_seconds: float | None = None) -> Iterator[Heard]:
        del log, expected_seconds
        self.titles.append(title)
        yield self

    def update(self, detail: str) -> None:
        self.details.append(detail)

    def note(self, line: str) -> None:
        self.lines.append(line)
