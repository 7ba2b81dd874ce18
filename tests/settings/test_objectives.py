"""What may be promised in a stack file, and who may hear of alerts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from stacks.settings import Settings, SettingsError
from tests.settings.test_bad_stack_files import GOOD

if TYPE_CHECKING:
    from pathlib import Path

MONITORING = """
  mlplatform:monitoring:
    alerting:
      receivers:
        - {kind: slack, name: chat, secret: chat, channel: "#ml", teams: [search, platform]}
        - {kind: pagerduty, name: pager, secret: pager, severities: [critical]}
"""


def load(tmp_path: Path, text: str) -> Settings:
    path = tmp_path / "Pulumi.trial.yaml"
    path.write_text(text)
    return Settings.load(path)


def test_receivers_of_teams_of_the_stack_and_of_the_platform_are_accepted(tmp_path: Path) -> None:
    settings = load(tmp_path, GOOD + MONITORING)
    assert [each.name for each in settings.monitoring.alerting.receivers] == ["chat", "pager"]


@pytest.mark.parametrize(
    ("was", "instead", "said"),
    [
        ("teams: [search, platform]", "teams: [serach]", "receivers[0].teams[0]"),
        ("kind: pagerduty", "kind: pager", "receivers[1].kind: is not one of the choices"),
        ("kind: pagerduty, ", "", "receivers[1]: does not say of which kind it is"),
        ('channel: "#ml"', "channel: ml", "receivers[0].channel"),
        ("name: pager", "name: chat", "two receivers have the same name"),
        (
            "cost_centre: cc-2\n",
            "cost_centre: cc-2\n      queue_wait: {seconds: 600, percent: 90}\n",
            "queue_wait.seconds is 600, which Kueue does not count",
        ),
        (
            "  mlplatform:monitoring:\n",
            "  mlplatform:monitoring:\n    budget_days: 40\n",
            "budget_days is 40, but samples are kept for 15",
        ),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(tmp_path: Path, was: str, instead: str, said: str) -> None:
    text = GOOD + MONITORING
    assert was in text
    with pytest.raises(SettingsError) as refused:
        load(tmp_path, text.replace(was, instead, 1))
    assert said in str(refused.value)


def test_the_times_next_to_one_that_kueue_does_not_count_are_named(tmp_path: Path) -> None:
    wait = "cost_centre: cc-2\n      queue_wait: {seconds: 600, percent: 90}\n"
    with pytest.raises(SettingsError, match="320 or 640"):
        load(tmp_path, GOOD.replace("cost_centre: cc-2\n", wait, 1))


@pytest.mark.parametrize("seconds", [320, 640])
def test_those_times_are_accepted(tmp_path: Path, seconds: int) -> None:
    wait = f"cost_centre: cc-2\n      queue_wait: {{seconds: {seconds}, percent: 90}}\n"
    settings = load(tmp_path, GOOD.replace("cost_centre: cc-2\n", wait, 1))
    assert settings.teams[1].queue_wait is not None
