"""Reports say what the check found, in forms that other programs take."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID
from xml.etree import ElementTree as Xml

import pytest
from rich.console import Console

from policies.check import Location, Mistake, Report, Unchecked, Where
from policies.exceptions import Exceptions, Flaw
from policies.reports import FORMATS, rendered
from policies.reports.evidence import README, STATEMENT, bundle, sha256
from policies.reports.markdown import MARK
from policies.reports.terminal import conclude, show
from policies.rule import Evidence, Example
from policies.rules import RULES
from tests.policy.test_check import EXCEPTION, NODE_PORT, checked

pytestmark = pytest.mark.policy

Json = dict[str, Any]
MADE = datetime(2026, 6, 1, 9, 0, tzinfo=UTC)
FILE = "stacks/Pulumi.prod.yaml"
BROKEN = Example("deployment", {"spec.template.spec.hostNetwork": True})
ATTESTED = Example("inference service")


def report(*, excused: bool = False, **others: Any) -> Report:
    """A report about one stack with a Service that breaks a rule, or is excused, and a Deployment that breaks one."""
    exceptions = Exceptions((EXCEPTION,) if excused else ())
    found = checked(NODE_PORT, BROKEN, ATTESTED, exceptions=exceptions)
    setting, program = Where(FILE, 12, "mlplatform:teams[0].name"), Where("components/x.py", 34)
    located = tuple(replace(each, location=Location(setting, program, exact=True)) for each in found.findings)
    checked_stack = replace(found, findings=located, notes=("charts kueue: no helm",))
    return Report((checked_stack,), exceptions_file="policies/exceptions.yaml", rules=RULES, made=MADE, **others)


CLEAN = Report((checked(Example("service"), ATTESTED),), rules=RULES, made=MADE)
UNCHECKED = Report(unchecked=(Unchecked("b", "stacks/Pulumi.b.yaml", (Mistake("nodes: is <b>wrong</b>", 7),)),))
FLAWED = Report(flaws=(Flaw(3, "has expired"),), exceptions_file="policies/exceptions.yaml", rules=RULES)


def sarif(made: Report) -> tuple[list[Json], list[Json]]:
    """The results and the rules of the report as SARIF."""
    (run,) = json.loads(rendered(made, "sarif"))["runs"]
    rules = run["tool"]["driver"]["rules"]
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
    return run["results"], rules


def oscal(made: Report) -> Json:
    (result,) = json.loads(rendered(made, "oscal"))["assessment-results"]["results"]
    assert isinstance(result, dict)
    return result


def test_sarif_names_the_line_the_rule_and_a_fingerprint() -> None:
    results, rules = sarif(report())
    assert {rule.id for rule in RULES} <= {rule["id"] for rule in rules}
    assert [(each["ruleId"], each["level"]) for each in results] == [("K8S-03", "error"), ("K8S-13", "error")]
    (location,) = results[0]["locations"]
    physical = location["physicalLocation"]
    assert (physical["artifactLocation"]["uri"], physical["region"]["startLine"]) == (FILE, 12)
    assert results[0]["relatedLocations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "components/x.py"
    assert len(results[0]["partialFingerprints"]["mlplatform/v1"]) == 64


def test_sarif_shows_an_excused_finding_as_suppressed_with_its_reason() -> None:
    results, _ = sarif(report(excused=True))
    (suppressed,) = [each for each in results if "suppressions" in each]
    assert suppressed["ruleId"] == "K8S-13"
    assert "OPS-7" in suppressed["suppressions"][0]["justification"]


def test_sarif_shows_flaws_of_exceptions_and_mistakes_of_stack_files_in_their_lines() -> None:
    for made, rule, line in ((FLAWED, "META-01", 3), (UNCHECKED, "stack-file", 7)):
        (result,), _ = sarif(made)
        assert result["ruleId"] == rule
        assert result["locations"][0]["physicalLocation"]["region"]["startLine"] == line


def test_markdown_has_a_mark_a_row_for_each_finding_and_no_markup_of_others() -> None:
    text = rendered(report(), "markdown")
    assert text.startswith(MARK)
    assert "2 findings" in text
    assert f"`{FILE}:12 (mlplatform:teams[0].name)`" in text
    assert text.count("\n| [K8S-") == 2
    assert "<b>" not in rendered(UNCHECKED, "markdown")
    assert "nothing stops this change" in rendered(CLEAN, "markdown")


def test_junit_has_a_case_for_each_rule_and_a_failure_for_each_that_stops() -> None:
    suites = Xml.fromstring(rendered(report(), "junit"))  # noqa: S314 - our own
    (suite,) = suites
    assert {each.attrib["type"] for each in suite.iter("failure")} == {"K8S-03", "K8S-13"}
    assert (suite.attrib["tests"], suite.attrib["failures"]) == (str(len(suite)), "2")
    assert len(list(Xml.fromstring(rendered(UNCHECKED, "junit")).iter("error"))) == 1  # noqa: S314


def test_json_holds_everything() -> None:
    found = json.loads(rendered(report(excused=True), "json"))
    (stack,) = found["stacks"]
    assert found["exit_code"] == 1
    assert [each["rule"] for each in stack["findings"]] == ["K8S-03"]
    assert stack["excused"][0]["exception"]["expires"] == "2026-07-01"
    assert stack["verdicts"]["K8S-13"] == {"exempt": 1}
    assert stack["notes"] == ["charts kueue: no helm"]


def test_oscal_finds_what_is_broken_unsatisfied_and_never_satisfied_what_is_only_said() -> None:
    states = {each["target"]["target-id"]: each["target"]["status"]["state"] for each in oscal(report())["findings"]}
    assert states["K8S-03"] == "not-satisfied"
    assert states["K8S-02"] == "satisfied"
    attested = {rule.id for rule in RULES if rule.evidence is Evidence.ATTESTED}
    clean = oscal(CLEAN)
    assert not attested & {each["target"]["target-id"] for each in clean["findings"]}
    observed = {prop["value"] for each in clean["observations"] for prop in each["props"] if prop["name"] == "rule"}
    assert observed & attested


def test_oscal_says_what_was_not_looked_at_and_has_proper_identities() -> None:
    result = oscal(report())
    assert "charts kueue: no helm" in result["remarks"]
    observations = {each["uuid"] for each in result["observations"]}
    for finding in result["findings"]:
        assert UUID(finding["uuid"]).version == 5
        assert {each["observation-uuid"] for each in finding["related-observations"]} <= observations


def test_evidence_binds_what_was_judged_to_the_rules_that_passed() -> None:
    made = report(excused=True)
    files = bundle(made, {FILE: "ab" * 32, "policies/rule.py": "cd" * 32}, {"python": "3.12"})
    statement = json.loads(files[STATEMENT])
    subjects = {each["name"]: each["digest"]["sha256"] for each in statement["subject"]}
    assert subjects[FILE] == "ab" * 32
    assert subjects["resources of prod"] == made.checked[0].digest
    for name, text in files.items():
        if name != STATEMENT:
            assert subjects[name] == sha256(text)
    predicate = statement["predicate"]
    assert predicate["result"] == "FAILED"
    assert predicate["failedTests"] == ["K8S-03"]
    assert "K8S-13" in predicate["warnedTests"]
    assert predicate["configuration"] == [{"name": "policies/rule.py", "digest": {"sha256": "cd" * 32}}]


def test_evidence_counts_no_rule_as_passed_that_proves_only_that_somebody_says_so() -> None:
    predicate = json.loads(bundle(CLEAN, {FILE: "ab" * 32}, {})[STATEMENT])["predicate"]
    attested = {rule.id for rule in RULES if rule.evidence is Evidence.ATTESTED}
    assert attested & set(predicate["warnedTests"])
    assert not attested & set(predicate["passedTests"])
    assert predicate["result"] == "WARNED"


def test_evidence_says_first_that_it_is_not_signed_and_what_is_attested_only() -> None:
    told = bundle(CLEAN, {FILE: "ab" * 32}, {})[README]
    assert "NOTHING HERE IS SIGNED" in told
    attested = {rule.id for rule in RULES if rule.evidence is Evidence.ATTESTED} & set(CLEAN.checked[0].outcomes)
    assert attested
    assert told.splitlines()[-1] == ", ".join(sorted(attested))


def test_the_terminal_shows_findings_with_their_lines_and_the_result() -> None:
    out = Console(record=True, width=200, file=None, quiet=False)
    with out.capture() as captured:
        show(out, report().checked[0])
        show(out, UNCHECKED.unchecked[0])
        conclude(out, report())
        conclude(out, FLAWED)
    text = captured.get()
    for expected in ("K8S-03", f"{FILE}:12", "components/x.py:34", "2 findings", "not checked", "META-01", "<b>wrong"):
        assert expected in text


def test_a_form_that_is_none_is_refused() -> None:
    assert "sarif" in FORMATS
    with pytest.raises(KeyError):
        rendered(CLEAN, "pdf")
