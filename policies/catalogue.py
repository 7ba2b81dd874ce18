"""The pages about the rules, made from the rules: ``python -m policies.catalogue`` renews them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from policies.admission import in_cluster
from policies.frameworks import FRAMEWORKS
from policies.language import ABSENT, UNKNOWN
from policies.rule import Evidence
from policies.rules import RULES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from policies.frameworks import Article
    from policies.rule import Example, Rule

PAGE: Final = Path(__file__).parents[1] / "docs/policies.md"
PAGES: Final = PAGE.with_suffix("")
MATRIX: Final = "frameworks.md"
_BEGIN: Final = "<!-- rules: made by `python -m policies.catalogue` -->\n"
_END: Final = "<!-- end of rules -->\n"
_MADE: Final = "<!-- made by `python -m policies.catalogue` -->\n"
_HEAD: Final = (
    "| id | rule | level | if unknown at preview | evidence | where | kinds |\n|---|---|---|---|---|---|---|\n"
)
_SUBJECTS: Final = {
    "models": ("Served models and what they are made of", ("AI",)),
    "kubernetes": ("Kubernetes objects", ("K8S",)),
    "accelerators": ("Accelerators and who pays for them", ("GPU",)),
    "clusters": ("Clusters, machines and networks", ("EKS", "NODE", "NET")),
    "data": ("Data, keys, registries and logs", ("S3", "DATA", "KMS", "ECR", "LOG")),
    "identities": ("Identities in AWS", ("IAM",)),
    "guards": ("Policies about policies", ("META",)),
}
_MOST_SHOWN: Final = 4
_LONGEST_SHOWN: Final = 90


def pages() -> dict[str, str]:
    """Every page below ``docs/policies/``, by its file name."""
    made = {f"{name}.md": _page(title, _of(prefixes)) for name, (title, prefixes) in _SUBJECTS.items()}
    return {**made, MATRIX: _matrix()}


def renewed(page: str) -> str:
    """The first page with the table of rules made anew; ``ValueError`` if its marks are missing."""
    before, begin, rest = page.partition(_BEGIN)
    _, end, after = rest.partition(_END)
    if not begin or not end:
        raise ValueError(f"{PAGE.name} has lost the marks around its table of rules")
    rows = "".join(f"| {' | '.join(_cells(rule))} |\n" for rule in RULES)
    return f"{before}{begin}\n{_HEAD}{rows}\n{end}{after}"


def renew() -> None:
    """Write all pages, and remove those of which there is no subject any more."""
    PAGE.write_text(renewed(PAGE.read_text()))
    PAGES.mkdir(exist_ok=True)
    for file in PAGES.glob("*.md"):
        file.unlink()
    for name, text in pages().items():
        (PAGES / name).write_text(text)


def _of(prefixes: tuple[str, ...]) -> list[Rule]:
    return [rule for prefix in prefixes for rule in RULES if rule.id.partition("-")[0] == prefix]


def _page_of(rule: Rule) -> str:
    return next(name for name, (_, prefixes) in _SUBJECTS.items() if rule.id.partition("-")[0] in prefixes)


def _cells(rule: Rule) -> tuple[str, ...]:
    link = f"[{rule.id}](policies/{_page_of(rule)}.md#{rule.id.lower()})"
    where = "everywhere" if in_cluster(rule) else "before"
    return link, rule.title, rule.level.value, rule.on_unknown.value, rule.evidence.name.lower(), where, _kinds(rule)


def _kinds(rule: Rule) -> str:
    kinds = sorted({_short(kind) for kind in rule.applies_to})
    return ", ".join(kinds) if len(kinds) <= 6 else f"{len(kinds)} kinds"


def _short(kind: str) -> str:
    return kind.rpartition(":" if ":" in kind else "/")[2]


def _page(title: str, rules: Iterable[Rule]) -> str:
    return f"{_MADE}\n# {title}\n\n[All rules](../policies.md)\n\n" + "\n".join(_section(rule) for rule in rules)


def _section(rule: Rule) -> str:
    rows = {
        "Level": f"{rule.level.value}; if unknown at preview: {rule.on_unknown.value}",
        "Evidence": rule.evidence.name.lower(),
        "Where": _where(rule),
        "Kinds": ", ".join(f"`{kind}`" for kind in sorted(rule.applies_to)),
        "Looks at": ", ".join(f"`{kind}`" for kind in rule.related),
        "Maps to": _mapping(rule),
        "Elsewhere": ", ".join(rule.peers) if rule.peers != ("none",) else "no other suite has it",
    }
    table = "".join(f"| {name} | {text} |\n" for name, text in rows.items() if text)
    differs = f"**What is not enforced.** {rule.differs}\n\n" if rule.differs else ""
    examples = f"Holds:\n\n{_shown(rule.good)}\nDoes not hold:\n\n{_shown(rule.bad)}"
    return (
        f'<a id="{rule.id.lower()}"></a>\n\n## {rule.id}: {rule.title}\n\n{rule.why}\n\n'
        f"**Fix.** {rule.fix[0].upper()}{rule.fix[1:]}.\n\n{differs}| | |\n|---|---|\n{table}\n{examples}"
    )


def _where(rule: Rule) -> str:
    before = "pull request, preview and up"
    objects = in_cluster(rule)
    if not objects:
        return before
    if set(objects) == rule.applies_to:
        return f"{before}, cluster"
    return f"{before}; in the cluster: {', '.join(sorted(_short(kind) for kind in objects))}"


def _mapping(rule: Rule) -> str:
    return "; ".join(f"{name} {', '.join(articles)}" for name, articles in rule.frameworks.items())


def _shown(examples: Iterable[Example]) -> str:
    """A few examples that differ in what they change."""
    lines = list(dict.fromkeys(_line(example) for example in examples))
    more = f"- … and {len(lines) - _MOST_SHOWN} more\n" if len(lines) > _MOST_SHOWN else ""
    return "".join(f"- {line}\n" for line in lines[:_MOST_SHOWN]) + more


def _line(example: Example) -> str:
    beside = "".join(f", beside: {_line(other)}" for other in example.beside)
    options = "".join(f"; option `{name}: {_text(value)}`" for name, value in example.options.items())
    before = "" if example.before is None else f"; before: {_changes(example.before) or 'the same'}"
    asked = f"; asked by {example.request['userInfo']['username']}" if example.request else ""
    parameters = f"; parameters: {_changes(example.parameters)}" if example.parameters else ""
    changes = _changes(example.but)
    return f"{example.of}{' with ' if changes else ''}{changes}{options}{before}{asked}{parameters}{beside}"


def _changes(but: Mapping[str, Any]) -> str:
    return ", ".join(f"`{path}: {_text(value)}`" for path, value in but.items())


def _text(value: object) -> str:
    if value is ABSENT or value is UNKNOWN:
        return "(absent)" if value is ABSENT else "(unknown)"
    text = str(value).replace("|", r"\|").replace("\n", " ")
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"


def _matrix() -> str:
    tables = "\n".join(f"## {name}\n\n{_framework(name, articles)}" for name, articles in FRAMEWORKS.items())
    return (
        f"{_MADE}\n# EU AI Act, NIST AI RMF, ISO/IEC 42001\n\n[All rules](../policies.md)\n\n"
        "Which rules serve which article, and what stays for people to do. A rule in *italics* takes somebody's word "
        "for it (evidence: attested): that it passes is never compliance. No rule makes a system compliant; each keeps "
        f"one way of failing shut.\n\n{tables}"
    )


def _framework(name: str, articles: Iterable[Article]) -> str:
    rows = "".join(
        f"| {article.id} | {article.asks} | {_serving(name, article.id) or 'none'} | {article.left} |\n"
        for article in articles
    )
    return f"| article | asks for | rules | left to people |\n|---|---|---|---|\n{rows}"


def _serving(framework: str, article: str) -> str:
    return ", ".join(_reference(rule) for rule in RULES if article in rule.frameworks.get(framework, ()))


def _reference(rule: Rule) -> str:
    link = f"[{rule.id}]({_page_of(rule)}.md#{rule.id.lower()})"
    return f"*{link}*" if rule.evidence is Evidence.ATTESTED else link


if __name__ == "__main__":
    renew()
