"""What the entries about EC2 have in common."""

from __future__ import annotations

from rehearsal.aws.kind import Call, Tagging, Template


def tagged(kind: str) -> Tagging:
    """Tags of an EC2 resource; ``kind`` is its ``ResourceType``."""
    return Tagging("ec2", "create_tags", "delete_tags", {"Resources": ["{id}"]}, kind)


def arn(kind: str) -> str:
    """Template of an EC2 resource's ARN."""
    return f"arn:{{partition}}:ec2:{{region}}:{{account}}:{kind}/{{id}}"


def described(operation: str, ids: str, answer: str) -> Call:
    """How one resource is read."""
    return Call("ec2", operation, {ids: ["{id}"]}, answer=answer)


def on(operation: str, parameters: Template) -> Call:
    """A call of EC2 with just these parameters."""
    return Call("ec2", operation, parameters)
