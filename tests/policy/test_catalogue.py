"""The page about the rules says what the rules say."""

from __future__ import annotations

import pytest

from policies.catalogue import PAGE, renewed

pytestmark = pytest.mark.policy


def test_the_table_of_rules_is_current() -> None:
    page = PAGE.read_text()
    assert page == renewed(page), "run python -m policies.catalogue"


def test_a_page_without_marks_is_refused_rather_than_left_stale() -> None:
    with pytest.raises(ValueError, match="lost the marks"):
        renewed("no table here")
