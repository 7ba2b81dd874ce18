"""`mlplatform check`: the exit code, the report and the lines that a change's author sees."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from policies.rules import RULES
from tests.policy.conftest import ROOT

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.policy

LOCAL = ROOT / "stacks/Pulumi.local.yaml"


def mlplatform(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command as a user does, without a home of its own to look into."""
    command = [sys.executable, "-c", "from cli.main import main; main()", *arguments]
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False, env={**os.environ, **environment}
    )


@pytest.fixture
def stack(tmp_path: Path) -> Path:
    """The local stack's file under a name that gets the parameters of production, so that its images break K8S-04."""
    file = tmp_path / "Pulumi.other.yaml"
    file.write_text(LOCAL.read_text())
    return file


def found(stack: Path, *more: str) -> tuple[int, dict[str, Any]]:
    """The exit code and the report as data."""
    done = mlplatform("check", str(stack), "--format", "json", *more)
    assert done.stdout, done.stderr
    data: dict[str, Any] = json.loads(done.stdout)
    return done.returncode, data


def test_nothing_stops_a_stack_of_the_repository_but_a_digest_that_only_a_registry_knows() -> None:
    """Stacks that want digests have them where images were locked; here no registry can be asked."""
    done = mlplatform("check", "--all", "--format", "json")
    data = json.loads(done.stdout)
    assert {each["stack"] for each in data["stacks"]} >= {"local"}
    for each in data["stacks"]:
        assert {found["rule"] for found in each["findings"] if found["severity"] == "stops"} <= {"K8S-04"}
        assert not each["excused"]
        assert each["resources"] > 100
        assert len(each["verdicts"]) > 10
    assert done.returncode == data["exit_code"] != 2


def test_a_finding_names_the_rule_the_line_of_the_program_and_of_the_stack_file(stack: Path) -> None:
    code, data = found(stack)
    assert code == 1
    findings = [each for each in data["stacks"][0]["findings"] if each["severity"] == "stops"]
    assert "K8S-04" in {each["rule"] for each in findings}
    lines = stack.read_text().splitlines()
    for finding in findings:
        program = finding["program"]
        assert (ROOT / program["file"]).read_text().splitlines()[program["line"] - 1].strip()
        if finding["setting"]:
            assert re.match(r"\s+(- )?[\w:-]+:", lines[finding["setting"]["line"] - 1])
    assert any(finding["setting"] for finding in findings)


def test_a_mistake_in_a_stack_file_is_told_with_its_line_and_is_exit_code_2(stack: Path) -> None:
    stack.write_text(stack.read_text().replace("nodes: 2", "nodes: many"))
    code, data = found(stack)
    assert code == 2
    (mistake,) = data["unchecked"][0]["mistakes"]
    assert stack.read_text().splitlines()[mistake["line"] - 1].strip() == "nodes: many"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["check", "nowhere"], "no stack is called so"),
        (["check", "--format", "pdf"], "no report is called pdf"),
        (["check", "--changed-since", "no-such-commit"], "git knows no commit"),
        (["policies", "explain", "K8S-99"], "no rule is called so"),
    ],
)
def test_a_wrong_argument_is_one_line_and_no_traceback(arguments: list[str], said: str) -> None:
    done = mlplatform(*arguments)
    assert done.returncode in (1, 2)
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_only_stacks_that_a_change_may_touch_are_checked(tmp_path: Path) -> None:
    """In a repository of its own: this one may hold changes of whoever runs the tests."""
    clone = tmp_path / "clone"
    run = subprocess.run(["git", "clone", "--quiet", "--depth=1", f"file://{ROOT}", str(clone)], check=False)
    assert run.returncode == 0
    assert changed_since_head(clone) == set()
    local = clone / "stacks/Pulumi.local.yaml"
    local.write_text(local.read_text() + "# a comment\n")
    assert changed_since_head(clone) == {"local"}
    (clone / "policies/new.py").write_text('"""Anything that may decide."""\n')
    assert changed_since_head(clone) == {file.name.split(".")[1] for file in (clone / "stacks").glob("Pulumi.*.yaml")}


def changed_since_head(clone: Path) -> set[str]:
    """The stacks that a check of what is not committed yet looks at."""
    command = [sys.executable, "-c", "from cli.main import main; main()", "check", "--changed-since", "HEAD"]
    done = subprocess.run([*command, "--format", "json"], cwd=clone, capture_output=True, text=True, check=False)
    assert done.stdout, done.stderr
    return {each["stack"] for each in json.loads(done.stdout)["stacks"]}


def test_it_looks_for_no_home_no_login_and_no_network(tmp_path: Path) -> None:
    """Its environment is empty but for where programs are; `unshare` takes the network away where it may."""
    command = [sys.executable, "-c", "from cli.main import main; main()", "check", "local", "--format", "json"]
    isolated = ["unshare", "--net", *command] if os.geteuid() == 0 else command
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    done = subprocess.run(isolated, cwd=ROOT, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["stacks"][0]["notes"], "without tools it says which charts it did not look at"
    assert list(tmp_path.iterdir()) == []


def test_it_imports_no_sdk() -> None:
    script = (
        "import sys; from cli.main import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print(sorted({name.partition('.')[0] for name in sys.modules} & {'pulumi', 'pulumi_kubernetes', 'grpc'}))"
    )
    command = [sys.executable, "-c", script, "check", "local"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_evidence_is_written_for_a_stack(tmp_path: Path) -> None:
    done = mlplatform("evidence", "local", "--into", str(tmp_path / "out"))
    assert done.returncode == 0, done.stderr
    statement = json.loads((tmp_path / "out/statement.json").read_text())
    assert {"README.txt", "assessment-results.json", "report.json", "rules.json", "statement.json"} == {
        path.name for path in (tmp_path / "out").iterdir()
    }
    assert "not signed" in done.stdout
    assert "policies/rule.py" in {each["name"] for each in statement["predicate"]["configuration"]}


def test_a_rule_is_explained_with_where_it_is_enforced() -> None:
    listed = mlplatform("policies", "list")
    assert all(rule.id in listed.stdout for rule in RULES)
    explained = mlplatform("policies", "explain", "k8s-13")
    assert "check, pack, cluster" in explained.stdout
    assert "kind: ValidatingAdmissionPolicy" in mlplatform("policies", "explain", "K8S-13", "--yaml").stdout


def test_the_proof_of_a_rule_prints_figures_and_zeros() -> None:
    done = mlplatform("policies", "test", "--no-cluster", "--rule", "K8S-13", "--fuzz", "20")
    assert done.returncode == 0, done.stdout
    zeros = ("parity, different", "mutants that survive", "unknowns that pass", "fuzz, different or crashed")
    for line in zeros:
        assert re.search(rf"{line}\s+0\b", done.stdout), done.stdout


def test_the_proof_of_a_rule_is_data_where_asked() -> None:
    done = mlplatform("policies", "test", "--no-cluster", "--rule", "K8S-13", "--fuzz", "20", "--seed", "7", "--json")
    figures = json.loads(done.stdout)
    assert figures["proved"] is True
    assert figures["rules"] == 1
    assert figures["parity"]["same"] == sum(figures["fixtures"].values()) - figures["fixtures"]["evaluator"] > 0
    assert figures["mutants"]["killed"] > 10
    assert figures["fuzz"]["seed"] == 7
    assert figures["fuzz"]["objects"] >= 20
