"""`mlplatform iam-policy` as a user sees it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from typer.testing import CliRunner

from cli.main import app

if TYPE_CHECKING:
    from pathlib import Path

runner = CliRunner()


def test_the_policies_of_a_stack_are_printed_as_data() -> None:
    done = runner.invoke(app, ["iam-policy", "prod"])
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert list(found) == [f"mlplatform-prod-deployer-{number}" for number in range(1, len(found) + 1)]
    assert all(document["Version"] == "2012-10-17" for document in found.values())


def test_each_policy_is_a_file_of_its_own_where_a_directory_is_given(tmp_path: Path) -> None:
    arguments = ["--state-bucket", "states", "--state-key", "arn:aws:kms:eu-north-1:111122223333:key/k"]
    done = runner.invoke(app, ["iam-policy", "dev", "--output", str(tmp_path / "policies"), *arguments])
    assert done.exit_code == 0, done.output
    assert done.stdout == ""
    texts = [file.read_text() for file in sorted((tmp_path / "policies").iterdir())]
    assert all(json.loads(text)["Statement"] for text in texts)
    assert any("arn:aws:s3:::states/*" in text for text in texts)


def test_a_stack_without_aws_has_no_policy() -> None:
    done = runner.invoke(app, ["iam-policy", "onprem"])
    assert done.exit_code == 1
    assert "onprem: has no resources in AWS" in done.stderr
