"""Machines: their metadata service, disks, ways in and what runs at their start."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from policies.language import ABSENT, UNKNOWN, Value, all_of, any_of, resource
from policies.rule import Default, Example, Level, OnUnknown, Rule
from policies.rules._examples import variants

if TYPE_CHECKING:
    from policies.language import Condition

TEMPLATE: Final = "aws:ec2/launchTemplate:LaunchTemplate"
_INSTANCE: Final = "aws:ec2/instance:Instance"
_VOLUME: Final = "aws:ebs/volume:Volume"
_CLASS: Final = "karpenter.k8s.aws/EC2NodeClass"
NODE_GROUP: Final = "aws:eks/nodeGroup:NodeGroup"

_metadata: Final = resource["metadataOptions"]
_of_class: Final = resource["spec.metadataOptions"]
_guarded: Final = any_of(
    _metadata["httpEndpoint"].equals("disabled"),
    _metadata["httpTokens"].equals("required") & _metadata["httpPutResponseHopLimit"].at_most(1),
)

METADATA = Rule(
    id="NODE-01",
    title="A machine gives its role only to who asks with a token from the machine itself",
    why="A pod, or a server that can be made to fetch an address, otherwise reads the machine's credentials and is the "
    "machine to AWS.",
    fix="set metadataOptions.httpTokens required and httpPutResponseHopLimit 1",
    level=Level.REMEDIATE,
    on_unknown=OnUnknown.REFUSE,
    conditions={
        **dict.fromkeys((TEMPLATE, _INSTANCE), _guarded),
        _CLASS: all_of(
            _of_class["httpTokens"].exists().implies(_of_class["httpTokens"].equals("required")),
            _of_class["httpPutResponseHopLimit"].exists().implies(_of_class["httpPutResponseHopLimit"].at_most(1)),
        ),
    },
    defaults={
        kind: (
            Default("", "metadataOptions.httpTokens", "required"),
            Default("", "metadataOptions.httpPutResponseHopLimit", 1),
        )
        for kind in (TEMPLATE, _INSTANCE)
    },
    frameworks={"AWS Security Hub": ("EC2.8",)},
    peers=("CKV_AWS_79/341",),
    differs="Karpenter's node classes are safe where they say nothing, so only what they say is judged.",
    good=(
        *(Example(base) for base in ("launch template", "instance", "node class")),
        Example("node class", {"spec.metadataOptions": ABSENT}),
        *(Example(base, {"metadataOptions": {"httpEndpoint": "disabled"}}) for base in ("launch template", "instance")),
    ),
    bad=(
        *(
            example
            for base in ("launch template", "instance")
            for example in variants(
                base,
                ("metadataOptions", ABSENT),
                ("metadataOptions", {"httpEndpoint": "enabled"}),
                ("metadataOptions.httpTokens", "optional"),
                ("metadataOptions.httpTokens", ABSENT),
                ("metadataOptions.httpPutResponseHopLimit", 2),
                ("metadataOptions.httpPutResponseHopLimit", ABSENT),
            )
        ),
        *variants(
            "node class",
            ("spec.metadataOptions.httpTokens", "optional"),
            ("spec.metadataOptions.httpPutResponseHopLimit", 2),
        ),
    ),
    unknown=(
        Example("launch template", {"metadataOptions.httpTokens": UNKNOWN}),
        Example("instance", {"metadataOptions": UNKNOWN}),
        Example("node class", {"spec.metadataOptions.httpTokens": UNKNOWN}),
    ),
)

_GIVEN_AWAY: Final = (
    r"AKIA[0-9A-Z]{16}"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY"
    r"|(?i:\b(aws_secret_access_key|password|passwd|secret|token)\b[\"']?\s*[=:]\s*[\"']?[^\s\"'$]{8})"
)
"""A key, or a word for a secret with a value that is no variable."""


def _says_no_secret(script: Value) -> Condition:
    return ~script.matches(_GIVEN_AWAY)


NO_WAY_IN = Rule(
    id="NODE-03",
    title="Nobody logs in to a machine with a key, and no secret stands in what it runs at its start",
    why="A key for SSH is copied and never taken back, and whoever may describe an instance reads its user data.",
    fix="remove keyName and remoteAccess (use SSM Session Manager, which records who did what); fetch secrets from "
    "Secrets Manager with the machine's role",
    level=Level.MANDATORY,
    conditions={
        NODE_GROUP: ~resource["remoteAccess.ec2SshKey"].exists(),
        TEMPLATE: ~resource["keyName"].exists() & _says_no_secret(resource["userData"].base64()),
        _INSTANCE: all_of(
            ~resource["keyName"].exists(),
            _says_no_secret(resource["userData"]),
            _says_no_secret(resource["userDataBase64"].base64()),
        ),
        _CLASS: _says_no_secret(resource["spec.userData"]),
    },
    frameworks={"EU AI Act": ("15",)},
    peers=("CKV_AWS_100/46",),
    differs="Secrets are looked for by their shape: AWS keys, private keys, and words such as password with a value.",
    good=(
        *(Example(base) for base in ("node group", "launch template", "instance", "node class")),
        Example("instance", {"userDataBase64": "IyEvYmluL3NoCmVjaG8gaGVsbG8K"}),
        *(
            Example("instance", {"userData": script})
            for script in (
                ABSENT,
                'TOKEN=$(curl -X PUT http://169.254.169.254/latest/api/token)\nexport PASSWORD="$FETCHED"',
                "password-file: /run/secrets/registry\nsecret: short",
            )
        ),
    ),
    bad=(
        Example("node group", {"remoteAccess": {"ec2SshKey": "ops"}}),
        *(Example(base, {"keyName": "ops"}) for base in ("launch template", "instance")),
        Example("launch template", {"userData": "ZXhwb3J0IFBBU1NXT1JEPWh1bnRlcjIyMgo="}),
        Example("instance", {"userDataBase64": "ZXhwb3J0IFBBU1NXT1JEPWh1bnRlcjIyMgo="}),
        *(
            Example(base, {path: script})
            for base, path in (("instance", "userData"), ("node class", "spec.userData"))
            for script in (
                "export PASSWORD=hunter222",
                'settings: {"token": "0123456789abcdef"}',
                "aws_secret_access_key = wJalrXUtnFEMI",
                "aws configure set aws_access_key_id AKIAABCDEFGHIJKLMNOP",
                "-----BEGIN RSA PRIVATE KEY-----",
            )
        ),
    ),
    unknown=(
        Example("node group", {"remoteAccess": UNKNOWN}),
        Example("launch template", {"userData": UNKNOWN}),
        Example("node class", {"spec.userData": UNKNOWN}),
    ),
)

_EBS: Final = "blockDeviceMappings[0].ebs"

ENCRYPTED_DISKS = Rule(
    id="NODE-04",
    title="Disks of machines are encrypted",
    why="Checkpoints, datasets and cached models lie on them, and so do copies of Secrets; a snapshot of a clear disk "
    "can be shared with one call.",
    fix='set ebs.encrypted "true" for each of blockDeviceMappings (launch templates name their disks, the first one '
    "too), or encrypted true",
    level=Level.REMEDIATE,
    on_unknown=OnUnknown.REFUSE,
    conditions={
        TEMPLATE: resource["blockDeviceMappings"].is_filled()
        & resource["blockDeviceMappings"].every(
            lambda disk: disk["ebs"].exists().implies(disk["ebs.encrypted"].is_one_of(("true",)))
        ),
        _INSTANCE: resource["rootBlockDevice.encrypted"].is_true()
        & resource["ebsBlockDevices"].every(lambda disk: disk["encrypted"].is_true()),
        _VOLUME: resource["encrypted"].is_true(),
        _CLASS: resource["spec.blockDeviceMappings"].every(
            lambda disk: disk["ebs"].exists().implies(disk["ebs.encrypted"].is_true())
        ),
    },
    defaults={
        TEMPLATE: (Default("blockDeviceMappings[*]", "ebs.encrypted", "true"),),
        _INSTANCE: (
            Default("", "rootBlockDevice.encrypted", True),
            Default("ebsBlockDevices[*]", "encrypted", True),
        ),
        _VOLUME: (Default("", "encrypted", True),),
    },
    frameworks={"AWS Security Hub": ("EC2.7",)},
    peers=("CrossGuard aws compliance pack",),
    differs="Karpenter's node classes have encrypted disks where they name none.",
    good=(
        *(Example(base) for base in ("launch template", "instance", "volume", "node class")),
        Example("launch template", {"blockDeviceMappings[1]": {"deviceName": "/dev/sdb", "noDevice": "true"}}),
        Example("node class", {"spec.blockDeviceMappings": ABSENT}),
        Example("node class", {"spec.blockDeviceMappings[1]": {"deviceName": "/dev/xvdb"}}),
    ),
    bad=(
        *variants(
            "launch template",
            ("blockDeviceMappings", ABSENT),
            ("blockDeviceMappings", []),
            (f"{_EBS}.encrypted", "false"),
            (f"{_EBS}.encrypted", ABSENT),
            ("blockDeviceMappings[1]", {"deviceName": "/dev/sdb", "ebs": {"volumeSize": 10}}),
        ),
        *variants(
            "instance",
            ("rootBlockDevice", ABSENT),
            ("rootBlockDevice.encrypted", False),
            ("ebsBlockDevices[1]", {"deviceName": "/dev/sdb"}),
            ("ebsBlockDevices[0].encrypted", False),
        ),
        *variants("volume", ("encrypted", False), ("encrypted", ABSENT)),
        *variants(
            "node class",
            (f"spec.{_EBS}.encrypted", False),
            (f"spec.{_EBS}.encrypted", ABSENT),
            ("spec.blockDeviceMappings[1]", {"ebs": {"volumeSize": "10Gi"}}),
        ),
    ),
    unknown=(
        Example("launch template", {f"{_EBS}.encrypted": UNKNOWN}),
        Example("instance", {"ebsBlockDevices": UNKNOWN}),
        Example("volume", {"encrypted": UNKNOWN}),
        Example("node class", {f"spec.{_EBS}.encrypted": UNKNOWN}),
    ),
)

RULES: Final = (METADATA, NO_WAY_IN, ENCRYPTED_DISKS)
