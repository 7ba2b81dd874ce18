"""The table of all rules in ``docs/policies.md``, made from the rules: ``python -m policies.catalogue`` renews it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from policies.rules import RULES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from policies.rule import Rule

PAGE: Final = Path(__file__).parents[1] / "docs/policies.md"
_BEGIN: Final = "<!-- rules: made by `python -m policies.catalogue` -->\n"
_END: Final = "<!-- end of rules -->\n"
_HEAD: Final = (
    "| id | rule | level | if unknown at preview | evidence | maps to | kinds |\n|---|---|---|---|---|---|---|\n"
)


def table(rules: Iterable[Rule]) -> str:
    """One row a rule, and below it what differs from the catalogue's text."""
    rules = tuple(rules)
    rows = "".join(f"| {' | '.join(_cells(rule))} |\n" for rule in rules)
    differences = "".join(f"- **{rule.id}**: {rule.differs}\n" for rule in rules if rule.differs)
    return f"{_HEAD}{rows}\nWhat is enforced differently from what the title says:\n\n{differences}"


def renewed(page: str) -> str:
    """The page with the table made anew; ``ValueError`` if its marks are missing."""
    before, begin, rest = page.partition(_BEGIN)
    _, end, after = rest.partition(_END)
    if not begin or not end:
        raise ValueError(f"{PAGE.name} has lost the marks around its table of rules")
    return f"{before}{begin}\n{table(RULES)}\n{end}{after}"


def _cells(rule: Rule) -> tuple[str, ...]:
    frameworks = "; ".join(f"{name} {', '.join(articles)}" for name, articles in rule.frameworks.items())
    kinds = sorted({kind.rpartition("/")[2] for kind in rule.applies_to})
    shown = ", ".join(kinds) if len(kinds) <= 6 else f"{len(kinds)} kinds that make pods"
    return rule.id, rule.title, rule.level.value, rule.on_unknown.value, rule.evidence.name.lower(), frameworks, shown


if __name__ == "__main__":
    PAGE.write_text(renewed(PAGE.read_text()))
