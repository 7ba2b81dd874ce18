"""Builds one tool from its pinned modules into a staged installation."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rehearsal.errors import RehearsalError
from rehearsal.toolchain import go

if TYPE_CHECKING:
    from rehearsal.toolchain.children import Children
    from rehearsal.toolchain.tool import Tool


@dataclass(frozen=True)
class Workshop:
    """What all builds of one run share: the `go` command, the caches' directory, the programs started.

    ``gc_percent`` is the compiler's own GOGC: 100 is Go's default, more is faster and takes more memory.
    """

    go: Path
    caches: Path
    children: Children
    gc_percent: int = 100

    def build(self, tool: Tool, staged: Path, log: Path) -> None:
        """Fill ``staged`` with the tool's ``bin`` and ``assets``.

        Raises ``RehearsalError`` with the log where a step fails, ``Stopped`` where the run is ended.
        """
        sources = self.caches / "sources" / tool.name
        shutil.rmtree(sources, ignore_errors=True)
        shutil.copytree(tool.sources, sources)
        for embedded in tool.embedded:
            original = self._module(tool, embedded.module, "go.mod", sources, log) / embedded.source
            _embed(original, sources / embedded.target, embedded.version)
        self._compile(tool, sources, staged / "bin", log)
        for kept in tool.kept:
            module = self._module(tool, kept.module, kept.modfile, sources, log)
            _keep(module / kept.source, staged / kept.target)

    def _compile(self, tool: Tool, sources: Path, binaries: Path, log: Path) -> None:
        """One `go build` for all programs of the tool, so that their packages are compiled side by side. A tool that
        is only a chart has none."""
        binaries.mkdir(parents=True)
        packages = list(tool.programs.values())
        if not packages:
            return
        # With several packages Go names the binaries itself, after the packages; a test holds the catalogue to that.
        target = binaries if len(packages) > 1 else binaries / next(iter(tool.programs))
        self._run(tool, sources, log, "build", *tool.build_flags, "-o", target, *packages)

    def _module(self, tool: Tool, module: str, modfile: str, sources: Path, log: Path) -> Path:
        """The unpacked directory of a module in the version that ``modfile`` pins."""
        answer = self.caches / f"{tool.name}.json"
        self._run(tool, sources, log, "mod", "download", f"-modfile={modfile}", "-json", module, output=answer)
        return Path(json.loads(answer.read_text())["Dir"])

    def _run(self, tool: Tool, sources: Path, log: Path, *arguments: str | Path, output: Path | None = None) -> None:
        argv = [self.go, *arguments]
        with log.open("a") as messages:
            messages.write(f"$ {' '.join(map(str, argv))}\n")
        code = self.children.run(
            argv, log=log, cwd=sources, env=go.environment(self.caches, self.gc_percent), output=output
        )
        if code != 0:
            raise RehearsalError(f"{tool.name} {tool.version}: {_reason(log)}", remedy=_remedy(log), log=log)


def _embed(original: Path, target: Path, version: str | None) -> None:
    if version is None:
        shutil.copyfile(original, target)
        return
    content = json.loads(original.read_text())
    content["version"] = version
    target.write_text(json.dumps(content))


def _keep(original: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if original.is_dir():
        shutil.copytree(original, target)
    else:
        shutil.copyfile(original, target)
        target.chmod(0o755)


def _reason(log: Path) -> str:
    """The last line of a log that says anything: Go prints its errors last."""
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    return lines[-1] if lines else "go ended without a word"


def _remedy(log: Path) -> str:
    text = log.read_text(errors="replace")
    if "no space left on device" in text:
        return "make room on the disk and run the command again"
    if any(sign in text for sign in ("dial tcp", "no such host", "connection refused", "i/o timeout")):
        return "connect to a Go module proxy (GOPROXY) and run the command again; tools that are done are kept"
    if "signal: killed" in text:
        return "free some memory and run the command again"
    return "run the command again; tools that are done are kept"
