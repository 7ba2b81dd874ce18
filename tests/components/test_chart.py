"""Where charts come from, and what of them reaches a cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pulumi
import pytest
import yaml
from pulumi_kubernetes import Provider

from components._versions import CHARTS
from components.kubernetes import chart
from components.kubernetes.manifests import select
from tests.components.platform import ExistingCluster
from tests.components.recorded import record

if TYPE_CHECKING:
    from pathlib import Path

RENDERED = """---
# Source: chart/crds/jobs.yaml
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  annotations:
    controller-gen.kubebuilder.io/version: v0.19.0
  name: jobs.example.org
spec:
  schema:
    openAPIV3Schema:
      description: |-
        Job is one job.

        More about it.
      properties:
        description:
          description: What the job is for, in words
            that people understand.
          type: string
        size:
          description: Size in GiB.
          minimum: 1
          type: integer
      type: object
  conversion:
    strategy: Webhook
    webhook:
      clientConfig:
        service:
          name: webhook
  group: example.org
---
# Source: chart/crds/queues.yaml
kind: CustomResourceDefinition
apiVersion: apiextensions.k8s.io/v1
metadata:
  name: queues.example.org
spec:
  group: example.org
---
# Source: chart/templates/webhook.yaml
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata:
  name: validator
---
# Source: chart/templates/apiservice.yaml
apiVersion: apiregistration.k8s.io/v1
kind: APIService
metadata:
  name: v1.visibility.example.org
---
# Source: chart/templates/settings.yaml
apiVersion: v1
kind: ConfigMap
metadata:
  name: settings
data:
  text: |
    kind: CustomResourceDefinition
    ---
"""


def chosen(part: str, *, keep: bool = False, omit_webhooks: bool = False) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all(select(RENDERED, part, keep=keep, omit_webhooks=omit_webhooks)))


def names(manifests: list[dict[str, Any]]) -> list[str]:
    return [manifest["metadata"]["name"] for manifest in manifests]


def undocumented(value: Any) -> Any:
    """A definition without the texts that describe its fields; a field called description stays."""
    if isinstance(value, dict):
        return {
            key: undocumented(each)
            for key, each in value.items()
            if not (key == "description" and isinstance(each, str))
        }
    return value


def test_definitions_and_objects_together_are_what_helm_rendered_but_for_descriptions() -> None:
    everything = [each for each in yaml.safe_load_all(RENDERED) if each]
    assert chosen("definitions") + chosen("objects") == [undocumented(each) for each in everything]


def test_a_field_that_is_called_description_keeps_its_schema() -> None:
    schema = chosen("definitions")[0]["spec"]["schema"]["openAPIV3Schema"]
    assert schema == {
        "properties": {"description": {"type": "string"}, "size": {"minimum": 1, "type": "integer"}},
        "type": "object",
    }


def test_a_kept_definition_carries_the_policy_that_helm_knows() -> None:
    for definition in chosen("definitions", keep=True):
        assert definition["metadata"]["annotations"]["helm.sh/resource-policy"] == "keep"


def test_keeping_changes_nothing_else_of_a_definition() -> None:
    kept, plain = chosen("definitions", keep=True), chosen("definitions")
    for definition in kept:
        del definition["metadata"]["annotations"]["helm.sh/resource-policy"]
    assert kept[0] == plain[0]
    assert kept[1]["spec"] == plain[1]["spec"]


@pytest.mark.parametrize(
    "metadata",
    [
        "metadata:\n  name: a\n",
        "metadata: # of the chart\n  # its name\n  name: a\n",
        "metadata:\n  annotations: {}\n  name: a\n",
        "metadata:\n  annotations:\n  name: a\n",
        "metadata:\n  name: a\n  annotations:\n    # why\n    b: c\n",
        "metadata:\n  name: a\n  annotations:\n      b: c\n",
        "metadata:\n    name: a\n    annotations:\n        b: c\n",
        "metadata:\n  labels:\n    annotations: of a label\n  name: a\n",
    ],
)
def test_an_annotation_is_added_to_whatever_a_chart_writes(metadata: str) -> None:
    rendered = f"---\nkind: ConfigMap\n{metadata}data:\n  annotations: of the data\n"
    before = yaml.safe_load(rendered)
    after = yaml.safe_load(
        select(rendered, "objects", keep=False, omit_webhooks=False, annotations={"example.org/by": "a stack"})
    )
    existing = before["metadata"].get("annotations") or {}
    assert after["metadata"].pop("annotations") == {**existing, "example.org/by": "a stack"}
    before["metadata"].pop("annotations", None)
    assert after == before


def test_without_webhooks_nothing_makes_the_api_server_call_a_controller() -> None:
    assert names(chosen("objects", omit_webhooks=True)) == ["settings"]
    assert all("conversion" not in each["spec"] for each in chosen("definitions", omit_webhooks=True))
    assert names(chosen("definitions", omit_webhooks=True)) == ["jobs.example.org", "queues.example.org"]


def test_a_definition_of_foreign_layout_is_refused_rather_than_deleted_later() -> None:
    flow = 'kind: CustomResourceDefinition\nmetadata: {name: "jobs.example.org"}\n'
    with pytest.raises(ValueError, match="metadata in block style"):
        select(flow, "definitions", keep=True, omit_webhooks=False)


def install(*, keep_crds: bool = True) -> dict[str, dict[str, Any]]:
    def program() -> None:
        target = ExistingCluster(Provider("cluster"), keep_crds)
        parent = pulumi.ComponentResource("test:index:Parent", "parent")
        first = chart.definitions("first", "kueue", target, namespace="queues", parent=parent)
        chart.objects("second", "kueue", target, namespace="queues", parent=parent, values={"a": 1}, depends_on=[first])

    recording = record(program)
    assert recording.named("second").dependencies == {"first"}
    assert recording.named("second").parent == "parent"
    return {each.name: each.inputs for each in recording.registrations if "Chart" in each.type}


def test_a_chart_comes_from_its_registry_at_the_pinned_version(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(chart.CHARTS_DIRECTORY, raising=False)
    inputs = install()["second"]
    assert inputs["chart"] == "oci://registry.k8s.io/kueue/charts/kueue"
    assert inputs["version"] == CHARTS["kueue"].version
    assert inputs["namespace"] == "queues"
    assert inputs["name"] == "kueue"
    assert inputs["values"] == {"a": 1}


def test_a_directory_of_charts_takes_the_place_of_registries(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    unpacked = tmp_path / "kueue-0.19.2"
    unpacked.mkdir()
    (unpacked / "Chart.yaml").write_text("name: kueue\n")
    monkeypatch.setenv(chart.CHARTS_DIRECTORY, str(tmp_path))
    inputs = install()["first"]
    assert inputs["chart"] == str(unpacked)
    assert "version" not in inputs


def test_a_chart_missing_from_the_directory_is_named_with_the_way_out(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(chart.CHARTS_DIRECTORY, str(tmp_path))
    with pytest.raises(pulumi.RunError, match=r"holds no chart kueue-0\.19\.2, got .*; unpack version 0\.19\.2"):
        install()


@pytest.mark.parametrize(("keep_crds", "omit"), [(True, ""), (False, ""), (True, "1"), (False, "1")])
def test_the_filter_is_told_what_the_cluster_and_the_environment_ask_for(
    monkeypatch: pytest.MonkeyPatch, keep_crds: bool, omit: str
) -> None:
    monkeypatch.delenv(chart.CHARTS_DIRECTORY, raising=False)
    monkeypatch.setenv(chart.OMIT_WEBHOOKS, omit)
    inputs = install(keep_crds=keep_crds)
    definitions, objects = (inputs[each]["postRenderer"]["args"][3:] for each in ("first", "second"))
    webhooks = ["--omit-webhooks"] if omit else []
    manager = ["--annotate", "pulumi.com/patchFieldManager=mlplatform-test"]
    assert definitions == ["definitions", *(["--keep"] if keep_crds else []), *manager, *webhooks]
    assert objects == ["objects", *manager, *webhooks]
    assert inputs["second"]["skipCrds"] is True
    assert inputs["first"]["skipCrds"] is False
