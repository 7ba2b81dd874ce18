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

        The entries are links into the installations; the directory is made once for the same charts.
        """
        charts = {_entry(chart): chart for i in self._installations.values() for chart in _charts_of(i.directory)}
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


def _entry(chart: Path) -> str:
    """`<name>-<version>` of a chart, from the two top-level keys of its Chart.yaml."""
    about = (chart / "Chart.yaml").read_text()
    keys = dict(re.findall(r"^(name|version):\s*[\"']?([^\s\"']+)", about, flags=re.MULTILINE))
    return f"{keys['name']}-{keys['version'].removeprefix('v')}"


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
