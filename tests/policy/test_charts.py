"""Charts are rendered once for each chart and its values, and never taken for what they are not."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from cli.charts import CHART, Charts, StaleError
from cli.recorder.resources import Registration
from policies.language import UNKNOWN
from rehearsal.progress import Silent
from rehearsal.toolchain import Toolchain

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.policy

HELM = f"""#!{sys.executable}
import pathlib, sys
import yaml
values = yaml.safe_load(sys.stdin)
with pathlib.Path(__file__).with_name("calls").open("a") as calls:
    calls.write(" ".join(sys.argv[1:]) + "\\n")
if values.get("fails"):
    sys.exit("Error: values don't meet the specifications of the schema")
spec = {{"type": values.get("type", "ClusterIP"), "from": pathlib.Path(sys.argv[3], "Chart.yaml").read_text()}}
print(yaml.safe_dump({{"apiVersion": "v1", "kind": "Service", "metadata": {{"name": "served"}}, "spec": spec}}))
print("---")
print(yaml.safe_dump({{"apiVersion": "a/v1", "kind": "CustomResourceDefinition", "metadata": {{"name": "defined"}}}}))
"""
"""In place of Helm: a Service that has the chart's text and a value in it."""


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[str]]:
    """A helm of the machine; how it was called so far."""
    helm = tmp_path / "bin" / "helm"
    helm.parent.mkdir()
    helm.write_text(HELM)
    helm.chmod(0o755)
    monkeypatch.setenv("MLPLATFORM_HELM", str(helm))
    log = helm.with_name("calls")
    return lambda: log.read_text().splitlines() if log.exists() else []


@pytest.fixture
def chart(tmp_path: Path) -> Path:
    """An unpacked chart."""
    directory = tmp_path / "chart"
    directory.mkdir()
    (directory / "Chart.yaml").write_text("version 1")
    return directory


def registered(chart: Path, **values: Any) -> Registration:
    """The chart as the program registers it."""
    properties = {"name": "queue", "chart": str(chart), "namespace": "kueue-system", "values": values}
    return Registration("urn:chart", CHART, "queue", "", custom=True, properties=properties)


def test_an_object_of_a_chart_is_judged_as_the_charts(
    tmp_path: Path, chart: Path, calls: Callable[[], list[str]]
) -> None:
    rendered = Charts(tmp_path / "kept").render([registered(chart, type="NodePort")])
    (service,) = rendered.resources
    assert (service.type, service.namespace, service.name) == ("core/Service", "kueue-system", "served")
    assert service.properties["spec"]["type"] == "NodePort"
    assert service.urn.startswith("urn:chart#"), "a finding is located at the chart"
    assert not rendered.notes
    assert "--kube-version" in calls()[0]


def test_a_value_that_is_not_known_yet_is_unknown_in_the_object(
    tmp_path: Path, chart: Path, calls: Callable[[], list[str]]
) -> None:
    (service,) = Charts(tmp_path / "kept").render([registered(chart, type=UNKNOWN)]).resources
    assert service.properties["spec"]["type"] is UNKNOWN
    assert calls()


def test_a_rendering_is_kept_until_chart_or_values_change(
    tmp_path: Path, chart: Path, calls: Callable[[], list[str]]
) -> None:
    for _ in range(2):
        Charts(tmp_path / "kept").render([registered(chart)])
    assert len(calls()) == 1
    Charts(tmp_path / "kept").render([registered(chart, type="NodePort")])
    assert len(calls()) == 2
    (chart / "Chart.yaml").write_text("version 2")
    (service,) = Charts(tmp_path / "kept").render([registered(chart)]).resources
    assert service.properties["spec"]["from"] == "version 2"


def test_without_a_helm_the_report_says_which_charts_nobody_looked_at(
    tmp_path: Path, chart: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("MLPLATFORM_CACHE", str(tmp_path))
    monkeypatch.delenv("MLPLATFORM_HELM", raising=False)
    rendered = Charts(tmp_path / "kept").render([registered(chart)])
    assert not rendered.resources
    (note,) = rendered.notes
    assert note.startswith("charts queue: no helm on this machine")


def test_a_chart_that_was_checked_and_cannot_be_any_more_is_no_pass(
    tmp_path: Path, chart: Path, calls: Callable[[], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    Charts(tmp_path / "kept").render([registered(chart)])
    assert calls()
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("MLPLATFORM_CACHE", str(tmp_path))
    monkeypatch.delenv("MLPLATFORM_HELM")
    assert Charts(tmp_path / "kept").render([registered(chart)]).resources, "what was kept counts"
    with pytest.raises(StaleError, match="chart queue was checked before and has changed since"):
        Charts(tmp_path / "kept").render([registered(chart, type="NodePort")])


def test_a_chart_that_does_not_take_its_values_is_told_in_helms_words(
    tmp_path: Path, chart: Path, calls: Callable[[], list[str]]
) -> None:
    with pytest.raises(StaleError, match="don't meet the specifications"):
        Charts(tmp_path / "kept").render([registered(chart, fails=True)])
    assert calls()


@pytest.mark.rehearsal
def test_the_helm_of_the_toolchain_renders_the_platforms_charts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tools = Toolchain.default().ensure(["helm", "kueue"], Silent())
    monkeypatch.setenv("MLPLATFORM_HELM", str(tools.binary("helm")))
    (kueue,) = Path(tools.charts()).glob("kueue-*")
    rendered = Charts(tmp_path).render([registered(kueue)])
    assert {"apps/Deployment", "core/Service"} <= {each.type for each in rendered.resources}
