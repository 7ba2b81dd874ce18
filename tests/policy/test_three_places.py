"""docs/three-places.md, done: what a pull request must not bring is stopped by check, pack and API server alike."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from cli.proof.cluster import finding
from cli.proof.examples_in_cluster import renamed
from components._image_lock import OTHER_LOCK
from components._versions import IMAGES
from policies.admission import Wanted, manifests, policy_of
from policies.parameters import parameters_for
from policies.resource import Resource, from_manifest, type_of_token
from policies.rules import RULES
from tests.policy.conftest import ROOT, UNKNOWN_TEXT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cli.proof.cluster import Cluster
    from cli.proof.examples_in_cluster import ExamplesInCluster
    from policies.rule import Rule
    from tests.policy.conftest import RunningPack

pytestmark = pytest.mark.policy

Json = dict[str, Any]
PAGE = ROOT / "docs/three-places.md"
STACK = "prod"
SUFFIX = "-demo"
BUCKETS = "components/buckets/s3_bucket.py"


@dataclass(frozen=True)
class Section:
    """One change of the page: what it is, and what is said of it."""

    change: str
    said: str

    @property
    def rule(self) -> Rule:
        return next(rule for rule in RULES if rule.id == self.said.partition(":")[0])

    @property
    def manifests(self) -> list[Json]:
        return list(yaml.safe_load_all(self.change))

    @property
    def manifest(self) -> Json:
        """The object that the section is about."""
        return self.manifests[0]


def sections(language: str) -> list[Section]:
    """The page's changes in that language, each with the text below it as one line."""
    found = re.findall(rf"```{language}\n(.*?)```\n\n```text\n(.*?)```", PAGE.read_text(), re.DOTALL)
    return [Section(change, " ".join(said.split())) for change, said in found]


OBJECTS = sections("yaml")
(OPENED,) = sections("diff")
each_object = pytest.mark.parametrize("section", OBJECTS, ids=lambda section: section.manifest["kind"])


@pytest.fixture(scope="module")
def changed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project with all changes of the page in its program."""
    project = tmp_path_factory.mktemp("change") / "project"
    for room in ("cli", "components", "policies", "rehearsal", "stacks"):
        shutil.copytree(ROOT / room, project / room, ignore=shutil.ignore_patterns("__pycache__"))
    wiring = project / "stacks/wiring.py"
    objects = [each for section in OBJECTS for each in section.manifests]
    brought = f'\nfrom pulumi_kubernetes.yaml import v2\n\nv2.ConfigGroup("change", objs={objects!r})\n'
    wiring.write_text(wiring.read_text() + brought)
    before, after = (line[1:] for line in OPENED.change.splitlines())
    bucket = project / BUCKETS
    assert bucket.read_text().count(before) == 1
    bucket.write_text(bucket.read_text().replace(before, after))
    images = {each.tagged: "sha256:" + "0" * 64 for each in IMAGES.values()}
    (project / "images.lock.json").write_text(json.dumps({"charts": {}, "images": images, "ours": {}}))
    return project


def run(project: Path, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python in the changed project, with its modules."""
    environment = {**os.environ, OTHER_LOCK: str(project / "images.lock.json")}
    command = [sys.executable, "-c", program, *arguments]
    return subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def report(changed: Path) -> Json:
    """What the check says of the changed project."""
    done = run(changed, "from cli.main import main; main()", "check", STACK, "--format", "json")
    assert done.returncode == 1, done.stderr
    data: Json = json.loads(done.stdout)
    return data


def test_the_check_stops_each_of_them_and_nothing_else(report: Json) -> None:
    stopping = [each for each in report["stacks"][0]["findings"] if each["severity"] == "stops"]
    assert {each["rule"] for each in stopping} == {section.rule.id for section in (*OBJECTS, OPENED)}
    for section in (*OBJECTS, OPENED):
        found = [each for each in stopping if each["rule"] == section.rule.id]
        assert all(said(section) in each["message"] for each in found), found
    brought = {section.rule.id for section in OBJECTS}
    assert {each["program"]["file"] for each in stopping if each["rule"] in brought} == {"stacks/wiring.py"}


def said(section: Section) -> str:
    """The sentence, which places that name the rule themselves say without its id."""
    return section.said.partition(": ")[2]


@each_object
def test_the_pack_stops_the_object(section: Section, real_pack: RunningPack) -> None:
    real_pack.configure(stack=STACK)
    (found,) = [each for each in real_pack.analyze(from_manifest(section.manifest)) if each.enforcementLevel == 1]
    assert found.policyName == section.rule.id
    assert said(section) in found.message


def test_the_pack_stops_the_bucket(changed: Path, real_pack: RunningPack) -> None:
    real_pack.configure(stack=STACK)
    found = [each for each in real_pack.analyze_stack(buckets(changed)) if each.enforcementLevel == 1]
    assert {each.policyName for each in found} == {OPENED.rule.id}
    assert all(said(OPENED) in each.message for each in found)


def buckets(project: Path) -> list[Resource]:
    """What the changed program registers of S3."""
    program = (
        "import dataclasses, json, pathlib, sys\n"
        "from cli.recorder import record\n"
        "found = record(pathlib.Path(sys.argv[1])).registrations\n"
        "s3 = [dataclasses.asdict(each) for each in found if each.type.startswith('aws:s3/')]\n"
        f"json.dump(s3, sys.stdout, default=lambda _: {UNKNOWN_TEXT!r})\n"
    )
    done = run(project, program, f"stacks/Pulumi.{STACK}.yaml")
    assert done.returncode == 0, done.stderr
    return [
        Resource(
            type_of_token(each["type"]),
            each["properties"],
            each["urn"],
            each["urn"],
            each["sources"],
            {"protect": each["protect"]},
        )
        for each in json.loads(done.stdout)
    ]


def in_cluster(section: Section) -> str:
    """The finding of the API server."""
    policy = policy_of(section.rule, from_manifest(section.manifest).type)
    return finding(policy + SUFFIX, section.rule.id)


@pytest.fixture(scope="module")
def denying(api_server: Cluster, examples_in_cluster: ExamplesInCluster) -> Iterator[Cluster]:
    """The API server with the stack's own policies of these rules, which refuse, in the namespace of the page only."""
    assert examples_in_cluster, "who defines the kinds"
    rules = [section.rule for section in OBJECTS]
    made = [renamed(each, SUFFIX) for each in manifests(rules, parameters_for(STACK), (), Wanted())]
    namespace = OBJECTS[0].manifest["metadata"]["namespace"]
    api_server.furnish([namespace])
    for each in made:
        if each["kind"].endswith("Binding"):
            selector = {"matchLabels": {"kubernetes.io/metadata.name": namespace}}
            each["spec"]["matchResources"] = {"namespaceSelector": selector}
        api_server.apply(each)
    for section in OBJECTS:
        api_server.wait_until_asked(section.manifest, [in_cluster(section)])
    yield api_server
    for each in made:
        api_server.delete(api_server.path_of(each))


@pytest.mark.rehearsal
@each_object
def test_the_api_server_refuses_the_object(section: Section, denying: Cluster) -> None:
    answer = denying.submit(section.manifest)
    assert answer.broken[in_cluster(section)] == section.said
    assert not answer.object, "it would have been stored"
