"""The docs' pictures of dashboards show the panels that there are, each with data."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree

import pytest

from components.monitoring.dashboards import DASHBOARDS
from tests.monitoring.pictures import DIRECTORY, pictures
from tests.test_house import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from rehearsal.toolchain import Tools

pytestmark = pytest.mark.monitoring

_SVG = "{http://www.w3.org/2000/svg}"


def shape(picture: str) -> dict[str, int]:
    """The lines of each panel by its title."""
    tree = ElementTree.fromstring(picture)  # noqa: S314 (our own)
    return {each.attrib["data-panel"]: len(each.findall(f"{_SVG}polyline")) for each in tree.iter(f"{_SVG}g")}


@pytest.mark.rehearsal
def test_pictures_in_the_docs_are_those_of_the_dashboards(tools: Tools, tmp_path: Path) -> None:
    drawn = pictures(tools, tmp_path)
    kept = {each.name: each.read_text() for each in DIRECTORY.glob("*.svg")}
    again = "run `python -m tests.monitoring.pictures`"
    assert kept.keys() == drawn.keys(), again
    for name, picture in drawn.items():
        assert shape(kept[name]) == shape(picture), f"{name}: {again}"


def test_every_panel_has_data_in_the_docs() -> None:
    page = (ROOT / "docs" / "monitoring.md").read_text()
    for dashboard in DASHBOARDS:
        panels = shape((DIRECTORY / f"{dashboard.name}.svg").read_text())
        assert list(panels) == [each.title for each in dashboard.panels]
        assert all(panels.values())
        assert f"(pictures/{dashboard.name}.svg)" in page
