"""What the jobs find in the bucket."""

from __future__ import annotations

import hashlib
import json
import math
import shutil
import subprocess
from typing import TYPE_CHECKING, Any, Final

import pytest

from controllers.release import judge

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.delivery

DIGEST: Final = "sha256:" + "ab" * 32
FILES: Final = {"model.joblib": b"weights", "code/b.py": b"", "code-a.py": b"1", "Z": b"2"}


class Held(judge.Bucket):
    """A bucket in memory."""

    def __init__(self, content: dict[str, bytes]) -> None:
        self._content = content

    def files(self, folder: str) -> Iterator[tuple[str, str]]:
        for address, content in self._content.items():
            if address.startswith(f"{folder}/"):
                yield address.removeprefix(f"{folder}/"), hashlib.sha256(content).hexdigest()

    def read(self, address: str) -> bytes | None:
        return self._content.get(address)


def question(**more: object) -> dict[str, Any]:
    given = {"evaluation": "s3://b/evaluation", "fairness": "s3://b/fairness", "explainability": "s3://b/explained"}
    known = {"digest": DIGEST, "storage": "s3://b/m", "reports": given, "thresholds": [], "production": {}}
    return {**known, **more}


def report(**metrics: float) -> bytes:
    return json.dumps({"subject": DIGEST, "metrics": metrics}).encode()


def test_the_digest_is_what_the_command_in_the_docs_comes_to(tmp_path: Path) -> None:
    for path, content in FILES.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_bytes(content)
    command = r"find . -type f -printf '%P\n' | LC_ALL=C sort | tr '\n' '\0' | xargs -0 sha256sum | sha256sum"
    shell = shutil.which("sh") or "sh"
    printed = subprocess.run([shell, "-c", command], cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    digest = f"sha256:{printed.split()[0]}"
    bucket = Held({f"s3://b/m/{path}": content for path, content in FILES.items()})
    assert judge.artifact(question(digest=digest), bucket)["verdict"] == "Passed"
    bucket = Held({f"s3://b/m/{path}": content + b" " for path, content in FILES.items()})
    assert judge.artifact(question(digest=digest), bucket)["verdict"] == "Failed"


def test_a_folder_without_files_is_no_model() -> None:
    assert judge.artifact(question(), Held({}))["message"] == "it has no files"


@pytest.mark.parametrize(
    ("threshold", "value", "production", "passes"),
    [
        ({"atLeast": 0.9}, 0.9, None, True),
        ({"atLeast": 0.9}, 0.89, None, False),
        ({"atMost": 0.3}, 0.3, None, True),
        ({"atMost": 0.3}, 0.31, None, False),
        ({"atLeast": 0.9}, 0.94, 0.95, False),
        ({"atLeast": 0.9, "tolerance": 0.02}, 0.94, 0.95, True),
        ({"atMost": 0.3}, 0.25, 0.2, False),
        ({"atMost": 0.3, "tolerance": 0.1}, 0.25, 0.2, True),
        ({"atLeast": 0.9}, math.nan, None, False),
        ({"atMost": 0.9}, math.nan, None, False),
    ],
)
def test_a_metric_reaches_its_threshold_and_is_not_worse_than_productions(
    threshold: dict[str, float], value: float, production: float | None, passes: bool
) -> None:
    before = {} if production is None else {"loss": production}
    asked = question(thresholds=[{"metric": "loss", **threshold}], production=before)
    verdict = judge.performance(asked, Held({"s3://b/evaluation": report(loss=value, other=1)}))
    assert (verdict["verdict"] == "Passed") == passes, verdict["message"]
    # JSON has no NaN, and the API server would refuse it.
    assert verdict["figures"] == ({} if math.isnan(value) else {"loss": value})


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({}, "does not exist"),
        ({"s3://b/evaluation": b"<html>"}, "is no JSON report"),
        ({"s3://b/evaluation": b'{"subject": "sha256:00"}'}, "is about sha256:00"),
        ({"s3://b/evaluation": report(other=1)}, "loss: not in the report"),
    ],
)
def test_an_evaluation_that_says_nothing_of_this_model_fails_it(content: dict[str, bytes], message: str) -> None:
    asked = question(thresholds=[{"metric": "loss", "atMost": 1}])
    verdict = judge.performance(asked, Held(content))
    assert verdict["verdict"] == "Failed"
    assert message in verdict["message"]


def test_fairness_and_explainability_must_both_be_reported_on() -> None:
    both = {"s3://b/fairness": report(), "s3://b/explained": report()}
    assert judge.reports(question(), Held(both))["verdict"] == "Passed"
    for missing in both:
        one = {address: content for address, content in both.items() if address != missing}
        assert judge.reports(question(), Held(one))["verdict"] == "Failed"
    assert "none is named" in judge.reports(question(reports={}), Held({}))["message"]
