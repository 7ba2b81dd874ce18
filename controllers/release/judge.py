"""Judges one gate from what is in the bucket: what a job of the release controller runs.

It writes the verdict as JSON where Kubernetes takes a container's last message from, and ends with 0 whichever it is.
Another exit status means that it could not judge, because the bucket did not answer, and the job tries again.

    python -m controllers.release.judge --verdict /dev/termination-log '{"gate": "artifact", ...}'

The digest of a folder is that of the list which `sha256sum` makes of its files, sorted by their paths in the C locale:

    find . -type f -printf '%P\\n' | LC_ALL=C sort | tr '\\n' '\\0' | xargs -0 sha256sum | sha256sum
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

Json = dict[str, Any]

_PIECE: Final = 1 << 20
_LONGEST: Final = 1500
"""Characters of a message: Kubernetes keeps 4096 bytes of the whole verdict."""
_LARGEST_REPORT: Final = 1 << 24


class Bucket:
    """Files by their `s3://` addresses."""

    def __init__(self) -> None:
        """With the credentials and the endpoint of the environment."""
        import boto3

        self._s3 = boto3.client("s3")

    def files(self, folder: str) -> Iterator[tuple[str, str]]:
        """Path below the folder and SHA-256 of each file, in no order."""
        bucket, prefix = _parts(folder.rstrip("/") + "/")
        for page in self._s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
            for each in page.get("Contents", ()):
                if not each["Key"].endswith("/"):
                    content = self._s3.get_object(Bucket=bucket, Key=each["Key"])["Body"]
                    digest = hashlib.sha256()
                    for piece in content.iter_chunks(_PIECE):
                        digest.update(piece)
                    yield each["Key"].removeprefix(prefix), digest.hexdigest()

    def read(self, address: str) -> bytes | None:
        """A report's content; None where there is none."""
        bucket, key = _parts(address)
        try:
            content: bytes = self._s3.get_object(Bucket=bucket, Key=key)["Body"].read(_LARGEST_REPORT)
        except self._s3.exceptions.NoSuchKey:
            return None
        return content


def artifact(question: Json, bucket: Bucket) -> Json:
    """Whether the folder's content has the digest."""
    files = sorted(bucket.files(question["storage"]), key=lambda each: each[0].encode())
    listing = "".join(f"{digest}  {path}\n" for path, digest in files)
    found = f"sha256:{hashlib.sha256(listing.encode()).hexdigest()}" if files else ""
    wrong = "" if found == question["digest"] else f"its files have the digest {found}" if files else "it has no files"
    return _verdict(wrong, question["storage"], found)


def reports(question: Json, bucket: Bucket) -> Json:
    """Whether there are reports on fairness and explainability, of this very model."""
    wrong, digests = [], []
    for name in ("fairness", "explainability"):
        address = question["reports"].get(name)
        problem, content = _report(address, question["digest"], bucket) if address else ("none is named", b"")
        digests.append(hashlib.sha256(content).hexdigest())
        wrong += [f"{name}: {problem}"] if problem else []
    evidence = "sha256:" + hashlib.sha256("".join(digests).encode()).hexdigest()
    return _verdict("; ".join(wrong), ", ".join(question["reports"].values()), evidence)


def performance(question: Json, bucket: Bucket) -> Json:
    """Whether the evaluation's metrics reach their thresholds, and are not worse than production's by more than is
    tolerated."""
    address = question["reports"].get("evaluation")
    if not address:
        return _verdict("no evaluation is named", "", "")
    problem, content = _report(address, question["digest"], bucket)
    evidence = f"sha256:{hashlib.sha256(content).hexdigest()}"
    if problem:
        return _verdict(problem, address, evidence)
    metrics = {name: float(value) for name, value in json.loads(content)["metrics"].items()}
    wrong = [
        text
        for each in question["thresholds"]
        for text in _misses(each, metrics, question["production"].get(each["metric"]))
    ]
    asked = {each["metric"] for each in question["thresholds"]}
    figures = {name: value for name, value in metrics.items() if name in asked and math.isfinite(value)}
    return {**_verdict("; ".join(wrong), address, evidence), "figures": figures}


def _misses(threshold: Json, metrics: dict[str, float], production: float | None) -> Iterator[str]:
    name = threshold["metric"]
    if name not in metrics:
        yield f"{name}: not in the report"
        return
    value, tolerance = metrics[name], threshold.get("tolerance", 0)
    sign = 1 if "atLeast" in threshold else -1
    bound = threshold["atLeast"] if sign > 0 else threshold["atMost"]
    # A value that is no number reaches nothing.
    if not sign * value >= sign * bound:
        yield f"{name}: is {value:g}, must be at {'least' if sign > 0 else 'most'} {bound:g}"
    if production is not None and not sign * value >= sign * production - tolerance:
        yield f"{name}: is {value:g}, worse than production's {production:g} by more than {tolerance:g}"


def _report(address: str, digest: str, bucket: Bucket) -> tuple[str, bytes]:
    """What is wrong with a report, and its content."""
    content = bucket.read(address)
    if content is None:
        return f"{address} does not exist", b""
    try:
        data = json.loads(content)
        subject = data["subject"]
        _ = [float(value) for value in data.get("metrics", {}).values()]
    except (ValueError, KeyError, TypeError, AttributeError):
        return f"{address} is no JSON report with a subject", content
    return ("" if subject == digest else f"{address} is about {subject}"), content


def _verdict(wrong: str, looked_at: str, evidence: str) -> Json:
    outcome = "Failed" if wrong else "Passed"
    return {"verdict": outcome, "message": wrong[:_LONGEST], "input": looked_at[:_LONGEST], "evidence": evidence}


def _parts(address: str) -> tuple[str, str]:
    bucket, _, key = address.removeprefix("s3://").partition("/")
    return bucket, key


_GATES: Final = {"artifact": artifact, "reports": reports, "performance": performance}


def main() -> int:
    """Judge once."""
    parser = argparse.ArgumentParser(description="Judge one gate of a model release.")
    parser.add_argument("--verdict", type=Path, required=True, help="where the verdict is written")
    parser.add_argument("question", type=json.loads, help="the gate and what it is about, as JSON")
    arguments = parser.parse_args()
    question = arguments.question
    verdict = _GATES[question["gate"]](question, Bucket())
    arguments.verdict.write_text(json.dumps(verdict))
    return 0


if __name__ == "__main__":
    sys.exit(main())
