"""The real engine runs the pack on an exported state: no cluster, no program, no login."""

from __future__ import annotations

import json
import os
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from policies.language import ABSENT
from policies.rule import Example
from policies.rules._examples import resources
from policies.rules.buckets import with_its
from rehearsal.progress import Silent
from rehearsal.toolchain import Toolchain
from tests.policy.conftest import ROOT, token

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.policy, pytest.mark.rehearsal]

HOST_NETWORK = "spec.template.spec.hostNetwork"


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What the engine needs to see of the outside: itself, and a home of its own."""
    tools = Toolchain.default().ensure(["pulumi", "pulumi-language-python"], Silent())
    paths = [str(tools.binary(name).parent) for name in ("pulumi", "pulumi-language-python")]
    return {
        "HOME": os.environ["HOME"],
        "PATH": os.pathsep.join([*paths, os.environ["PATH"]]),
        "PULUMI_HOME": str(tmp_path_factory.mktemp("pulumi")),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        "PULUMI_CONFIG_PASSPHRASE": "",
    }


def state(*examples: Example) -> dict[str, Any]:
    """An exported state of the examples' resources."""
    stack = "urn:pulumi:prod::mlplatform::pulumi:pulumi:Stack::mlplatform-prod"
    listed: list[dict[str, Any]] = [{"urn": stack, "custom": False, "type": "pulumi:pulumi:Stack"}]
    for each in (one for example in examples for one in resources(example)):
        urn = f"urn:pulumi:prod::mlplatform::{token(each)}::example-{len(listed)}"
        listed.append(
            {
                "urn": urn,
                "custom": True,
                "id": urn,
                "type": token(each),
                "inputs": each.properties,
                "outputs": each.properties,
                **each.options,
            }
        )
    made = {"time": "2026-01-01T00:00:00Z", "magic": "", "version": "v3.259.0"}
    return {"version": 3, "deployment": {"manifest": made, "resources": listed}}


def analyze(environment: dict[str, str], directory: Path, *examples: Example) -> subprocess.CompletedProcess[str]:
    """What `pulumi policy analyze` says of a stack of the examples."""
    file = directory / "state.json"
    file.write_text(json.dumps(state(*examples)))
    command = ["pulumi", "policy", "analyze", "--policy-pack", str(ROOT / "policies/pack"), "--file", str(file)]
    return subprocess.run(command, env=environment, cwd=directory, capture_output=True, text=True, check=False)


def test_the_engine_accepts_what_is_built_right(environment: dict[str, str], tmp_path: Path) -> None:
    bases = ("deployment", "disruption budget", "namespace", "network policy", "cluster", "log group", "key policy")
    done = analyze(environment, tmp_path, *(Example(base) for base in bases))
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_engine_names_each_violation_and_stops(environment: dict[str, str], tmp_path: Path) -> None:
    exposed = Example("deployment", {HOST_NETWORK: True})
    done = analyze(
        environment, tmp_path, exposed, Example("namespace"), Example("train job", {"metadata.labels": ABSENT})
    )
    assert done.returncode != 0
    for finding in ("K8S-03", f"not so at {HOST_NETWORK}", "K8S-10", "GPU-01", "GPU-04"):
        assert finding in done.stdout, done.stdout + done.stderr
    assert "K8S-02" not in done.stdout


def test_the_engine_tells_the_pack_which_resources_belong_together(environment: dict[str, str], tmp_path: Path) -> None:
    closed = [with_its(base) for base in ("public access block", "bucket policy", "bucket encryption")]
    kept = Example("bucket", options={"protect": True}, beside=tuple(one for each in closed for one in each.beside))
    done = analyze(environment, tmp_path, kept)
    assert "S3-04" in done.stdout, done.stdout + done.stderr
    for absent in ("S3-01", "S3-02", "S3-03", "EKS-07"):
        assert absent not in done.stdout, done.stdout
