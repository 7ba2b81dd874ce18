"""Releases in a stack file: what they ask of its guardrails."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from stacks.settings import Settings
from tests.settings.test_bad_stack_files import GOOD, report

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.delivery

REMEDY = (
    "only an enforced AI-06 keeps people from approving in somebody else's name: set `deny` (and "
    "`guardrails.enabled: true`), or accept that with `delivery.unenforced_approvals: true`"
)


def with_releases(guardrails: str, more: str = "") -> str:
    sections = f"mlplatform:delivery: {{domain: a.b{more}}}\n  mlplatform:guardrails: {guardrails}\n  "
    return GOOD.replace("mlplatform:serving:", f"{sections}mlplatform:serving:")


@pytest.mark.parametrize(
    ("guardrails", "said"),
    [
        ("{stage: warn}", 'mlplatform:guardrails.stage: must be deny where there are releases, got "warn"'),
        ("{enabled: false}", "mlplatform:guardrails.enabled: must be true where there are releases, got false"),
    ],
)
def test_approvals_that_nobody_holds_people_to_are_refused(guardrails: str, said: str, tmp_path: Path) -> None:
    (line,) = report(tmp_path / "Pulumi.bad.yaml", with_releases(guardrails))
    assert line == f"{said}; {REMEDY} (line 27)"


@pytest.mark.parametrize(("guardrails", "more"), [("{stage: warn}", ", unenforced_approvals: true"), ("{}", "")])
def test_releases_may_be_tried_out_without_and_are_enforced_by_default(
    guardrails: str, more: str, tmp_path: Path
) -> None:
    path = tmp_path / "Pulumi.good.yaml"
    path.write_text(with_releases(guardrails, more))
    assert Settings.load(path).delivery is not None


def test_a_stack_file_that_says_nothing_of_releases_has_none(tmp_path: Path) -> None:
    path = tmp_path / "Pulumi.good.yaml"
    path.write_text(GOOD)
    assert Settings.load(path).delivery is None


@pytest.mark.parametrize("domain", ["models", "models..example", "Models.example", "-a.b"])
def test_a_domain_that_no_host_can_be_below_is_refused(domain: str, tmp_path: Path) -> None:
    (line,) = report(tmp_path / "Pulumi.bad.yaml", with_releases("{}").replace("a.b", domain))
    assert line.startswith("mlplatform:delivery.domain: ")
