"""Amazon Managed Service for Prometheus."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

from rehearsal.aws.kind import Call, Check, Kind, Problem, Tagging, Template, Update

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rehearsal.aws.work import Work

_TAGS = Tagging("amp", "tag_resource", "untag_resource", {"resourceArn": "{arn}"})


def _on(operation: str, parameters: Template, answer: str = "") -> Call:
    return Call("amp", operation, parameters, answer=answer)


def _yaml(name: str, top: str) -> Check:
    """A check that a property is a YAML document with this key."""

    def check(inputs: Mapping[str, Any]) -> list[Problem]:
        text = inputs.get(name)
        if not isinstance(text, str):
            return []
        try:
            document = yaml.safe_load(text)
        except yaml.YAMLError as error:
            return [Problem(name, f"ValidationException: not valid YAML: {' '.join(str(error).split())}")]
        fine = isinstance(document, dict) and top in document
        return [] if fine else [Problem(name, f"ValidationException: {top} is missing")]

    return check


def _set_logging(work: Work) -> None:
    chosen, before = work.inputs.get("loggingConfiguration"), work.old.get("loggingConfiguration")
    if not chosen:
        work.call("amp", "delete_logging_configuration", workspaceId=work.id)
        return
    operation = "update_logging_configuration" if before else "create_logging_configuration"
    work.call("amp", operation, workspaceId=work.id, logGroupArn=chosen["logGroupArn"])


WORKSPACE = Kind(
    "aws:amp/workspace:Workspace",
    create=Call("amp", "create_workspace", inputs=True),
    read=_on("describe_workspace", {"workspaceId": "{id}"}, "workspace"),
    delete=_on("delete_workspace", {"workspaceId": "{id}"}),
    id="@workspaceId",
    updates=(
        Update(("alias",), _on("update_workspace_alias", {"workspaceId": "{id}", "alias": "{alias}"})),
        Update(("loggingConfiguration",), _set_logging, at_create=True),
    ),
    replace=("kmsKeyArn",),
    outputs={"arn": "arn", "prometheusEndpoint": "prometheusEndpoint"},
    forms={"prometheusEndpoint": "https://aps-workspaces.{region}.amazonaws.com/workspaces/{id}/"},
    tagging=_TAGS,
    references={"kmsKeyArn": "key"},
)

RULES = Kind(
    "aws:amp/ruleGroupNamespace:RuleGroupNamespace",
    create=Call("amp", "create_rule_groups_namespace", inputs=True),
    read=_on(
        "describe_rule_groups_namespace", {"workspaceId": "{workspaceId}", "name": "{name}"}, "ruleGroupsNamespace"
    ),
    delete=_on("delete_rule_groups_namespace", {"workspaceId": "{workspaceId}", "name": "{name}"}),
    id="@arn",
    updates=(
        Update(
            ("data",),
            _on(
                "put_rule_groups_namespace",
                {"workspaceId": "{workspaceId}", "name": "{name}", "data": lambda work: work.inputs["data"].encode()},
            ),
        ),
    ),
    replace=("workspaceId", "name"),
    outputs={"arn": "arn"},
    name="name",
    tagging=_TAGS,
    checks=(_yaml("data", "groups"),),
)

ALERTS = Kind(
    "aws:amp/alertManagerDefinition:AlertManagerDefinition",
    create=Call("amp", "create_alert_manager_definition", inputs=True),
    read=_on("describe_alert_manager_definition", {"workspaceId": "{id}"}, "alertManagerDefinition"),
    delete=_on("delete_alert_manager_definition", {"workspaceId": "{id}"}),
    id="{workspaceId}",
    updates=(Update(("definition",), Call("amp", "put_alert_manager_definition", inputs=True)),),
    names={"definition": "data"},
    replace=("workspaceId",),
    checks=(_yaml("definition", "alertmanager_config"),),
)

KINDS = (WORKSPACE, RULES, ALERTS)
