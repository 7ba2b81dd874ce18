"""Athena workgroups and the Glue catalogue."""

from __future__ import annotations

from rehearsal.aws.kind import Call, Kind, Tagging, Update

WORKGROUP = Kind(
    "aws:athena/workgroup:Workgroup",
    create=Call("athena", "create_work_group", inputs=True),
    read=Call("athena", "get_work_group", {"WorkGroup": "{id}"}, answer="WorkGroup"),
    delete=Call("athena", "delete_work_group", {"WorkGroup": "{id}", "RecursiveDeleteOption": "{forceDestroy}"}),
    id="{name}",
    updates=(
        Update(
            ("description", "state", "configuration"),
            Call(
                "athena",
                "update_work_group",
                {"WorkGroup": "{id}", "Description": "{description}", "State": "{state}"},
            ),
        ),
    ),
    names={
        "configuration.resultConfiguration.encryptionConfiguration.kmsKeyArn": "KmsKey",
        "configuration.publishCloudwatchMetricsEnabled": "PublishCloudWatchMetricsEnabled",
    },
    replace=("name",),
    forms={"arn": "arn:{partition}:athena:{region}:{account}:workgroup/{name}"},
    name="name",
    name_length=128,
    tagging=Tagging("athena", "tag_resource", "untag_resource", {"ResourceARN": "{arn}"}),
    local=("forceDestroy", "state"),
)

_DATABASE = ("description", "locationUri", "parameters", "createTableDefaultPermissions", "targetDatabase")

DATABASE = Kind(
    "aws:glue/catalogDatabase:CatalogDatabase",
    create=Call("glue", "create_database", {"CatalogId": "{catalogId}"}, inputs=True),
    read=Call("glue", "get_database", {"Name": "{name}"}, answer="Database"),
    delete=Call("glue", "delete_database", {"Name": "{name}"}),
    id="{catalogId}:{name}",
    updates=(Update(_DATABASE, Call("glue", "update_database", {"Name": "{name}"}, inputs=True)),),
    names={
        "name": "DatabaseInput.Name",
        **{name: f"DatabaseInput.{name[:1].upper()}{name[1:]}" for name in _DATABASE},
    },
    replace=("name", "catalogId"),
    outputs={"catalogId": "CatalogId"},
    forms={
        "catalogId": "{account}",
        "arn": "arn:{partition}:glue:{region}:{account}:database/{name}",
    },
    name="name",
    tagging=Tagging("glue", "tag_resource", "untag_resource", {"ResourceArn": "{arn}"}),
)

KINDS = (WORKGROUP, DATABASE)
