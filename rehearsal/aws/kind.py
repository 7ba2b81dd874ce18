"""What an entry of the table says of a resource type."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rehearsal.aws.work import Work

Template = Mapping[str, Any]
"""Parameters in which ``"{name}"`` stands for a property or output of the resource, its ``{id}``, or one of
``{account}``, ``{region}``, ``{partition}``, ``{hex17}``, ``{uuid}`` and ``{now}`` (the last three are made once a
resource). A parameter may also be a function of the work that gives its value."""


@dataclass(frozen=True)
class Call:
    """One call of AWS."""

    service: str
    operation: str
    """As boto3 spells it."""
    parameters: Template = field(default_factory=dict)
    """What is passed beside ``inputs``; a parameter whose property has no value is left out."""
    inputs: bool = False
    """Whether the resource's properties are passed, each as the parameter of its name."""
    answer: str = ""
    """JMESPath of the resource in the answer."""


Step = Call | Callable[["Work"], Any]
"""A call, or a function where one call does not do; it gives what a call's ``answer`` would."""


@dataclass(frozen=True)
class Update:
    """What is called when one of these properties changes."""

    when: tuple[str, ...]
    step: Step
    at_create: bool = False
    """Also called after the creation, if one of the properties has a value."""


@dataclass(frozen=True)
class Tagging:
    """How tags are changed; the shape of a tag comes from the model of the call."""

    service: str
    tag: str
    untag: str
    target: Template
    kind: str = ""
    """The ``ResourceType`` that a creation with tags names, in EC2's way."""
    whole: Callable[[Work], None] | None = None
    """Sets all tags at once, where the service knows no other way."""


@dataclass(frozen=True)
class Problem:
    """What is wrong with one property, in AWS's words."""

    property: str
    reason: str


Check = Callable[[Mapping[str, Any]], "list[Problem]"]
"""Looks at the inputs, of which any may be unknown."""


@dataclass(frozen=True)
class Kind:
    """A resource type: how it is created, read, changed and deleted, and what comes of it."""

    token: str
    """Pulumi's name of the type."""
    create: Step
    read: Step
    delete: Step | None
    """None: it ends with what it belongs to."""
    id: str
    """The ID that the real provider gives it: a template, or after ``@`` a JMESPath in the answer to its creation."""
    created: Call | None = None
    """The call among those of ``create`` that takes the properties, where ``create`` is a function."""
    described: Call | None = None
    """The call among those of ``read`` that gives most, where ``read`` is a function."""
    updates: tuple[Update, ...] = ()
    put: bool = False
    """Whether ``create`` also changes what is there."""
    names: Mapping[str, str] = field(default_factory=dict)
    """Parameters whose names are not those of their properties, both as dotted paths."""
    replace: tuple[str, ...] = ()
    """Properties (dotted paths) that AWS cannot change."""
    outputs: Mapping[str, str] = field(default_factory=dict)
    """JMESPath in ``read``'s answer of what AWS decides."""
    forms: Template = field(default_factory=dict)
    """Templates of what AWS decides by a rule; also of what the answer should hold and does not."""
    inside: Mapping[str, str] = field(default_factory=dict)
    """What AWS decides inside an input, such as ``vpcConfig.vpcId``: JMESPath in ``read``'s answer."""
    changing: tuple[str, ...] = ()
    """Outputs that an update changes."""
    unique: str = ""
    """Template of what no other resource of the type may have, where the ID does not say it."""
    secrets: tuple[str, ...] = ()
    """Outputs that are secrets whatever the inputs are."""
    name: str = ""
    """The property that is made up from the resource's logical name when not given."""
    name_length: int = 255
    tagging: Tagging | None = None
    """None: it has no tags."""
    local: tuple[str, ...] = ()
    """Properties that only the provider itself heeds."""
    references: Mapping[str, str] = field(default_factory=dict)
    """Properties (dotted paths) that name what must exist, and what that is (``rehearsal.aws.references``)."""
    checks: tuple[Check, ...] = ()
    regional: bool = True
    """Whether it has a ``region``."""
    hook: Callable[[Work, bool], None] | None = None
    """Called after creation (True) and before deletion (False): something real stands behind the resource."""

    def creating(self) -> Call | None:
        """The call that takes the properties at the creation; None: no single one does."""
        call = self.created or self.create
        return call if isinstance(call, Call) and call.inputs else None

    def computed(self) -> tuple[str, ...]:
        """What a preview does not know."""
        tagged = ("tagsAll",) if self.tagging else ()
        regional = ("region",) if self.regional else ()
        return (*dict.fromkeys((*self.outputs, *self.forms, *self.secrets, *tagged, *regional)),)
