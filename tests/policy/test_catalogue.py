"""The pages about the rules say what the rules say."""

from __future__ import annotations

import pytest

from policies.catalogue import PAGE, PAGES, pages, renewed
from policies.frameworks import FRAMEWORKS
from policies.rules import RULES

pytestmark = pytest.mark.policy


def test_the_table_of_rules_is_current() -> None:
    page = PAGE.read_text()
    assert page == renewed(page), "run python -m policies.catalogue"


def test_every_page_about_rules_is_current() -> None:
    assert {file.name: file.read_text() for file in PAGES.glob("*.md")} == pages(), "run python -m policies.catalogue"


def test_every_rule_is_on_exactly_one_page() -> None:
    for rule in RULES:
        assert sum(f'<a id="{rule.id.lower()}"></a>' in page for page in pages().values()) == 1, rule.id


def test_a_page_without_marks_is_refused_rather_than_left_stale() -> None:
    with pytest.raises(ValueError, match="lost the marks"):
        renewed("no table here")


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_every_article_that_a_rule_serves_is_in_the_matrix(framework: str) -> None:
    named = {article for rule in RULES for article in rule.frameworks.get(framework, ())}
    assert named <= {article.id for article in FRAMEWORKS[framework]}


def test_the_catalogue_of_the_design_is_whole() -> None:
    """58 rules, and two that are the second halves of others."""
    counts = {"EKS": 7, "NODE": 5, "IAM": 4, "KMS": 1, "S3": 6, "DATA": 3, "ECR": 1, "LOG": 1, "NET": 1}
    counts |= {"K8S": 14, "GPU": 4, "AI": 12, "META": 1}
    expected = {f"{family}-{number:02}" for family, count in counts.items() for number in range(1, count + 1)}
    assert {rule.id for rule in RULES} == expected
