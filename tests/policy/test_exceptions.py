"""Exceptions are reasoned, owned and end; where they count, everybody sees whose they are."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from policies.exceptions import FILE, LONGEST_DAYS, Exceptions, PolicyException, load
from policies.judgement import Outcome, Surroundings, Verdict, judge
from policies.language import UNKNOWN
from policies.parameters import DEFAULT
from policies.resource import Resource, from_manifest
from policies.rules import RULES

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.policy

TODAY = date(2026, 6, 1)
IDS = {rule.id for rule in RULES}
RULE = next(rule for rule in RULES if rule.id == "K8S-03")
ENTRY = {
    "rule": "K8S-03",
    "resource": "DaemonSet/storage/csi-*",
    "reason": "the driver mounts volumes for other pods until version 4",
    "owner": "storage-team",
    "ticket": "OPS-1234",
    "expires": "2026-07-01",
}
EXCEPTION = PolicyException(**{**ENTRY, "expires": date(2026, 7, 1)})  # type: ignore[arg-type]


def written(tmp_path: Path, *entries: dict[str, str]) -> Exceptions:
    """What is read from a file with these entries."""
    lines = ["exceptions:"]
    for entry in entries:
        lines += [
            f"  {'- ' if number == 0 else '  '}{key}: {value}" for number, (key, value) in enumerate(entry.items())
        ]
    file = tmp_path / "exceptions.yaml"
    file.write_text("\n".join(lines) + "\n")
    return load(TODAY, IDS, file)


def on_the_host(**metadata: object) -> Resource:
    """A node agent in the host's network."""
    spec = {"template": {"spec": {"hostNetwork": True, "containers": []}}}
    return from_manifest({"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": metadata, "spec": spec})


def verdict(resource: Resource) -> Verdict:
    return judge(RULE, resource, Surroundings(DEFAULT))


def test_the_repositorys_own_file_has_no_flaw() -> None:
    assert load(datetime.now(UTC).date(), IDS).flaws == ()
    assert FILE.read_text().startswith("# ")


def test_an_entry_is_read_with_the_line_that_it_stands_in(tmp_path: Path) -> None:
    (entry,) = written(tmp_path, ENTRY).entries
    assert entry == replace(EXCEPTION, line=2)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"rule": "K8S-99"}, "no rule is called K8S-99"),
        ({"resource": "csi-node"}, "must be a URN or kind/namespace/name"),
        ({"resource": "DaemonSet//x"}, "must be a URN or kind/namespace/name"),
        ({"resource": "'*/storage/csi'"}, "covers more than anybody can answer for"),
        ({"resource": "'DaemonSet/*/*'"}, "covers more than anybody can answer for"),
        ({"reason": "because"}, "must say why"),
        ({"owner": "''"}, "owner: must be given"),
        ({"ticket": "7"}, "ticket: must be given, as text"),
        ({"expires": "soon"}, "must be a date"),
        ({"expires": "2026-05-31"}, "has expired on 2026-05-31"),
        ({"expires": str(TODAY + timedelta(days=LONGEST_DAYS + 1))}, "more than 180 days ahead"),
        ({"stacks": "prod"}, "must be a list"),
        ({"until": "2026-07-01"}, "until: is no known key"),
    ],
)
def test_a_flaw_is_told_with_its_line_and_excuses_nothing(tmp_path: Path, change: dict[str, str], said: str) -> None:
    found = written(tmp_path, {**ENTRY, **change})
    assert not found.entries
    (flaw,) = found.flaws
    assert said in flaw.text
    assert flaw.line == 2


def test_the_last_day_counts_and_so_does_the_longest_time(tmp_path: Path) -> None:
    for expires in (TODAY, TODAY + timedelta(days=LONGEST_DAYS)):
        assert written(tmp_path, {**ENTRY, "expires": str(expires)}).entries


def test_an_entry_that_is_written_twice_is_told(tmp_path: Path) -> None:
    found = written(tmp_path, ENTRY, {**ENTRY, "reason": "another reason, but the same resource"})
    assert len(found.entries) == 1
    assert "line 2" in found.flaws[0].text


@pytest.mark.parametrize("text", ["", "exceptions:", "- a", "exceptions: {}"])
def test_a_file_of_another_shape_is_a_flaw_and_no_crash(tmp_path: Path, text: str) -> None:
    file = tmp_path / "exceptions.yaml"
    file.write_text(text)
    assert load(TODAY, IDS, file).flaws


def test_an_exception_excuses_the_named_resource_of_its_rule_and_no_other() -> None:
    exceptions = Exceptions((EXCEPTION,))
    excused = exceptions.apply(verdict(on_the_host(namespace="storage", name="csi-node")))
    assert excused.outcome is Outcome.EXEMPT
    assert "OPS-1234, storage-team, until 2026-07-01" in excused.detail
    for other in (
        on_the_host(namespace="storage", name="other"),
        on_the_host(namespace="team-a", name="csi-node"),
        on_the_host(name="csi-node"),
        on_the_host(namespace="storage", name=UNKNOWN),
        on_the_host(namespace=UNKNOWN, name="csi-node"),
    ):
        assert exceptions.apply(verdict(other)).outcome is Outcome.FAIL
    other_rule = Exceptions((replace(EXCEPTION, rule="K8S-02"),))
    assert other_rule.apply(verdict(on_the_host(namespace="storage", name="csi-node"))).outcome is Outcome.FAIL


def test_a_resource_of_the_cloud_is_named_by_its_urn() -> None:
    urn = "urn:pulumi:prod::mlplatform::aws:s3/bucket:Bucket::models"
    exception = replace(EXCEPTION, resource="urn:pulumi:prod::*::models")
    assert exception.covers(Resource("aws:s3/bucket:Bucket", {}, "models", urn))
    assert not exception.covers(Resource("aws:s3/bucket:Bucket", {}, "models", urn.replace("prod", "dev")))


def test_an_exception_may_be_for_some_stacks_only() -> None:
    exceptions = Exceptions((replace(EXCEPTION, stacks=("prod",)),))
    assert exceptions.of_stack("prod").entries
    assert not exceptions.of_stack("local").entries


def test_nothing_excuses_a_defect_of_a_rule() -> None:
    broken = Verdict(RULE, on_the_host(namespace="storage", name="csi-node"), Outcome.BROKEN)
    assert Exceptions((EXCEPTION,)).apply(broken).outcome is Outcome.BROKEN
