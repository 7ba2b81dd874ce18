"""The installed tools of one run: where each binary, kept file and chart lies."""

from __future__ import annotations

import hashlib
import re
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from rehearsal.toolchain.store import Installation


class Tools:
    """Paths into sound installations; ``LookupError`` for anything that was not asked for or does not exist."""

    def __init__(self, installations: Iterable[Installation]) -> None:
        self._installations: Mapping[str, Installation] = {i.tool: i for i in installations}

    def binary(self, name: str) -> Path:
        """The path of a binary, by its file name (`kubelet`)."""
        for installation in self._installations.values():
            path = installation.binary(name)
            if path.exists():
                return path
        raise LookupError(f"no tool of this run has a binary {name!r}; it has {self._names()}")

    def asset(self, name: str) -> Path:
        """The path of a file or directory kept from a tool's modules, as `<tool>/<name>` (`kueue/chart`)."""
        tool, _, rest = name.partition("/")
        if tool in self._installations:
            path = self._installations[tool].asset(rest)
            if rest and path.exists():
                return path
        raise LookupError(f"no tool of this run has an asset {name!r}; it has {self._names()}")

    def charts(self) -> Path:
        """A directory with one entry `<chart>-<version>` for every chart of the tools, without a leading `v`.

        The version is the tool's: some projects write it into Chart.yaml only when they publish the chart. The
        entries are links into the installations; the directory is made once for the same charts.
        """
        installed = self._installations.values()
        charts = {f"{_name(chart)}-{i.version}": chart for i in installed for chart in _charts_of(i.directory)}
        if not charts:
            raise LookupError(f"no tool of this run has a chart; it has {self._names()}")
        store = next(iter(self._installations.values())).directory.parent
        digest = hashlib.sha256(repr(sorted(charts.items())).encode()).hexdigest()[:12]
        directory = store / f"charts-{digest}"
        if not directory.is_dir():
            _link(charts, directory)
        return directory

    def _names(self) -> str:
        return ", ".join(sorted(self._installations)) or "none"


def _charts_of(installation: Path) -> list[Path]:
    """The charts of one installation: its `chart`, or each directory of its `charts`."""
    assets = installation / "assets"
    return [found.parent for found in (*assets.glob("chart/Chart.yaml"), *assets.glob("charts/*/Chart.yaml"))]


def _name(chart: Path) -> str:
    """The name of a chart, from the top-level key of its Chart.yaml."""
    found = re.search(r"^name:\s*[\"']?([^\s\"']+)", (chart / "Chart.yaml").read_text(), flags=re.MULTILINE)
    if found is None:
        raise LookupError(f"{chart}/Chart.yaml names no chart")
    return found[1]


def _link(charts: Mapping[str, Path], directory: Path) -> None:
    """Make the directory of links complete under another name, then give it its own; two may do so at once."""
    made = Path(tempfile.mkdtemp(prefix=".charts-", dir=directory.parent))
    made.chmod(0o755)
    for entry, chart in charts.items():
        (made / entry).symlink_to(chart)
    try:
        made.rename(directory)
    except OSError:
        shutil.rmtree(made)
        if not directory.is_dir():
            raise
