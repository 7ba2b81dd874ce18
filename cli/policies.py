"""`mlplatform policies`: the rules, what each means, and the proof that they do what they say."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from cli.console import console, fail

if TYPE_CHECKING:
    from policies.rule import Rule

app = typer.Typer(no_args_is_help=True, help="The rules: list them, explain one, prove them.")

RuleId = Annotated[str, typer.Argument(help="The rule's id, such as K8S-03.", metavar="RULE")]
AsYaml = Annotated[bool, typer.Option("--yaml", help="Print the rule's admission policy instead.")]
WithCluster = Annotated[
    bool, typer.Option("--cluster/--no-cluster", help="Ask a real API server too, which is started for it.")
]
OfRule = Annotated[list[str] | None, typer.Option("--rule", help="Only this rule; may be given several times.")]
Objects = Annotated[
    int, typer.Option("--fuzz", min=0, help="How many random objects the evaluator, CEL and the API server compare.")
]
Seed = Annotated[int | None, typer.Option("--seed", help="What random objects start from; another one every day.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")]


@app.command("list")
def list_rules() -> None:
    """Show every rule with its level and where it is enforced."""
    from rich.table import Table

    from policies.rules import RULES

    table = Table("rule", "level", "enforced in", "what it asks", box=None, pad_edge=False)
    for rule in RULES:
        table.add_row(rule.id, rule.level.value, ", ".join(places(rule)), rule.title)
    console().print(table)


@app.command("explain")
def explain(rule_id: RuleId, as_yaml: AsYaml = False) -> None:
    """Say why a rule is there, what to do about it, what it is proved by and where it is enforced."""
    from rich.markup import escape

    rule = _rule(rule_id)
    if as_yaml:
        _print_policy(rule)
        return
    out = console()
    out.print(f"[bold]{rule.id}[/] {escape(rule.title)}\n")
    for name, text in _said(rule):
        if text:
            out.print(f"[cyan]{name:<12}[/] {escape(text)}", soft_wrap=True)


@app.command("test")
def prove_rules(
    cluster: WithCluster = True,
    rules: OfRule = None,
    objects: Objects = 300,
    seed: Seed = None,
    as_json: AsJson = False,
) -> None:
    """Prove the rules: every example at every place, every mutant of a condition, every value unknown, random objects.

    Exit code 1 when a place differs from the evaluator (but for listed divergences), a mutant survives, an unknown
    passes, or anything crashes.
    """
    from cli.console import ConsoleReporter
    from cli.proof.figures import show
    from cli.proof.prove import Effort, prove
    from rehearsal.progress import Silent

    out = console()
    asked = [_rule(each) for each in rules or ()]
    figures = prove(asked, Effort(cluster, objects, seed), Silent() if as_json else ConsoleReporter(out))
    if as_json:
        sys.stdout.write(json.dumps(figures.data(), indent=2, ensure_ascii=False) + "\n")
    else:
        show(out, figures)
    raise typer.Exit(1 if figures.failures else 0)


@app.command("mutate")
def mutate(rules: OfRule = None) -> None:
    """Change every part of every condition, and name the changes that no example notices. Exit code 1 if any."""
    from policies.proof.mutants import survivors
    from policies.rules import RULES

    out, unnoticed = console(), 0
    for rule in [_rule(each) for each in rules or ()] or RULES:
        count, alive = survivors(rule)
        unnoticed += len(alive)
        out.print(
            f"{'[red]✗[/]' if alive else '[green]✓[/]'} {rule.id} {count - len(alive)} killed, {len(alive)} survive"
        )
        for mutant in alive:
            out.print(f"  {mutant}", markup=False, soft_wrap=True)
    raise typer.Exit(1 if unnoticed else 0)


def places(rule: Rule) -> list[str]:
    """Where the rule is enforced."""
    from policies.admission import in_cluster

    return ["check", "pack", *(["cluster"] if in_cluster(rule) else [])]


def _rule(rule_id: str) -> Rule:
    from policies.rules import RULES

    found = next((rule for rule in RULES if rule.id == rule_id.upper()), None)
    if found is None:
        raise fail(f"{rule_id}: no rule is called so; `mlplatform policies list` names them")
    return found


def _said(rule: Rule) -> list[tuple[str, str]]:
    from policies.reports.words import proves

    frameworks = "; ".join(f"{name} {', '.join(articles)}" for name, articles in rule.frameworks.items())
    examples = f"{len(rule.good)} good, {len(rule.bad)} bad, {len(rule.unknown)} not known yet"
    return [
        ("why", rule.why),
        ("fix", rule.fix),
        ("level", rule.level.value),
        ("unknown", f"{rule.on_unknown.value}, where a value that decides is not known at preview"),
        ("judges", ", ".join(sorted(rule.applies_to))),
        ("scope", rule.scope.value),
        ("enforced in", ", ".join(places(rule))),
        ("a pass means", proves(rule.evidence)),
        ("serves", frameworks),
        ("peers", ", ".join(rule.peers)),
        ("differs", rule.differs),
        ("examples", examples),
    ]


def _print_policy(rule: Rule) -> None:
    import yaml

    from policies.admission import Wanted, manifests
    from policies.parameters import DEFAULT

    made = list(manifests([rule], DEFAULT, (), Wanted(fill_in=True)))
    if not made:
        raise fail(f"{rule.id}: is about more than one object of Kubernetes, so no admission policy can ask it")
    sys.stdout.write(yaml.safe_dump_all(made, sort_keys=False, width=120))
