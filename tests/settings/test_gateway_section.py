"""Each mistake about the gateway has its sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from stacks.settings import Settings
from tests.settings.test_bad_stack_files import GOOD, report

if TYPE_CHECKING:
    from pathlib import Path

TEAMS = "  mlplatform:teams:\n"
TEAM = "    - {{ name: t{number}, owner: ada, cost_centre: cc-1 }}\n"


def with_gateway(section: str) -> str:
    """A good stack file with a gateway."""
    return GOOD.replace("    models:\n", f"    gateway: {section}\n    models:\n", 1)


@pytest.mark.parametrize(
    ("section", "said"),
    [
        (
            "{ domain: models.example.org, teams: { serch: { requests_per_minute: 1 } } }",
            'mlplatform:serving.gateway.teams.serch: names no team of this file, got "serch"; did you mean search? '
            "(line 27)",
        ),
        (
            "{ domain: models }",
            'mlplatform:serving.gateway.domain: has the wrong form, got "models"; it says: A model answers as '
            "`<model>.<namespace of its team>.<domain>` (line 27)",
        ),
    ],
)
def test_a_mistake_is_told_in_one_line(section: str, said: str, tmp_path: Path) -> None:
    assert said in report(tmp_path / "Pulumi.bad.yaml", with_gateway(section))


def test_more_teams_than_a_gateway_can_tell_apart_are_refused(tmp_path: Path) -> None:
    many = "".join(TEAM.format(number=number) for number in range(63))
    text = with_gateway("{ domain: models.example.org }").replace(TEAMS, TEAMS + many)
    (line,) = report(tmp_path / "Pulumi.bad.yaml", text)
    assert "has too many teams for one gateway, got 65" in line
    path = tmp_path / "Pulumi.good.yaml"
    path.write_text(text.replace(TEAM.format(number=0), ""))
    assert len(Settings.load(path).teams) == 64


def test_releases_under_another_domain_than_the_gateways_are_refused(tmp_path: Path) -> None:
    text = with_gateway("{ domain: models.example.org }")
    released = text.replace("mlplatform:serving:", "mlplatform:delivery: { domain: other.org }\n  mlplatform:serving:")
    assert (
        'mlplatform:delivery.domain: is not the domain of the gateway, got "other.org"; serving.gateway.domain is '
        "models.example.org: write the same here (line 26)"
    ) in report(tmp_path / "Pulumi.bad.yaml", released)
