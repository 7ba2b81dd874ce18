"""A finding is traced to the stack file: to the value that was judged, or to the entry or section around it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from cli.locating import StackLocator
from cli.recorder import Recording, Registration
from policies.judgement import Outcome, Verdict
from policies.language import steps
from policies.resource import Resource
from policies.rules import RULES
from stacks._document import parse
from tests.program.recording import ROOT

if TYPE_CHECKING:
    from policies.check import Location

TEXT = """\
config:
  mlplatform:teams:
    - name: research
      owner: ada.lovelace
    - name: search
      owner: grace.hopper
  mlplatform:serving:
    models:
      - name: assistant
        team: search
        uri: oci://ghcr.io/a/b@sha256:00
      - name: research
        team: search
        uri: oci://ghcr.io/a/c@sha256:11
    gpus: 16
  mlplatform:feature_store:
    enabled: true
"""
STACK = "urn:pulumi:prod::mlplatform::pulumi:pulumi:Stack::mlplatform-prod"


def urn(name: str) -> str:
    return f"urn:pulumi:prod::mlplatform::x::{name}"


def located(component: str, name: str, properties: dict[str, Any] | None = None, place: str = "") -> Location:
    """Where a verdict on an object of a component comes from."""
    document = parse(TEXT)
    assert isinstance(document.value, dict)
    around = Registration(
        urn(component), "mlplatform:index:X", component, STACK, False, {}, file=f"{ROOT}/c.py", line=3
    )
    given = properties or {}
    own = Registration(urn(name), "kubernetes:x", name, around.urn, True, given, file=f"{ROOT}/components/x.py", line=7)
    file = ROOT / "stacks/Pulumi.prod.yaml"
    recording = Recording("prod", file, (around, own), document.value, document.lines)
    places = (steps(place),) if place else ()
    resource = Resource("core/Service", given, name, own.urn)
    return StackLocator(recording, ROOT)(Verdict(RULES[0], resource, Outcome.FAIL, "", places))


def line(text: str, after: str = "") -> int:
    lines = TEXT.splitlines()
    start = lines.index(after) if after else 0
    return next(number for number, each in enumerate(lines, 1) if number > start and each.strip() == text)


def test_a_value_that_the_file_holds_once_is_found_itself() -> None:
    found = located("serving", "serving-assistant", {"spec": {"uri": "oci://ghcr.io/a/b@sha256:00"}}, "spec.uri")
    assert found.setting is not None
    assert found.exact
    assert (found.setting.line, found.setting.key) == (
        line("uri: oci://ghcr.io/a/b@sha256:00"),
        "mlplatform:serving.models[0].uri",
    )
    assert found.best == found.setting


def test_a_short_number_is_no_trace() -> None:
    found = located("serving", "serving-assistant", {"spec": {"gpus": 16}}, "spec.gpus")
    assert not found.exact


@pytest.mark.parametrize(
    ("component", "name", "key"),
    [
        ("team-research", "team-research-quota", "mlplatform:teams[0]"),
        ("team-search", "team-search-quota", "mlplatform:teams[1]"),
        ("serving", "serving-research", "mlplatform:serving.models[1]"),
        ("serving", "serving-controller", "mlplatform:serving"),
        ("feature-store", "feature-store-server", "mlplatform:feature_store"),
    ],
)
def test_else_the_entry_or_the_section_of_its_component_is(component: str, name: str, key: str) -> None:
    found = located(component, name)
    assert found.setting is not None
    assert found.setting.key == key
    assert not found.exact
    assert found.best == found.program


def test_a_component_that_the_file_does_not_speak_of_has_a_line_of_the_program_only() -> None:
    found = located("monitoring", "monitoring-grafana")
    assert found.setting is None
    assert str(found.best) == "components/x.py:7"


def test_what_a_chart_brings_is_traced_to_the_chart() -> None:
    document = parse(TEXT)
    own = Registration(urn("kueue"), "kubernetes:helm.sh/v4:Chart", "kueue", STACK, False, {}, file="t.py", line=9)
    recording = Recording("prod", ROOT / "stacks/Pulumi.prod.yaml", (own,), {}, document.lines)
    resource = Resource("core/Service", {}, "Service of kueue", f"{own.urn}#core/Service/a/b")
    found = StackLocator(recording, ROOT)(Verdict(RULES[0], resource, Outcome.FAIL))
    assert str(found.best) == "t.py:9"
