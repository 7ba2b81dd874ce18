"""What pydantic found wrong, said in the words of somebody who edits a stack file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, get_args

from components._spec import Name
from components.specs.capacity import LabelValue
from stacks._report import HIDDEN, Json, Problem, Steps, meant, shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pydantic_core import ErrorDetails

    from stacks._source import Source

KIND: Final = "kind"
"""The key by which a mapping says which of several it is; `components._spec.by_kind`."""
REFERENCE: Final = "docs/stack-file.md lists every setting"

_WRONG: Final[Mapping[str, tuple[str, str]]] = {
    "missing": ("is missing", "it says: {description}"),
    "int_type": ("is not a whole number", "write a whole number, without quotes"),
    "int_from_float": ("is not a whole number", "write a whole number"),
    "float_type": ("is not a number", "write a number, without quotes"),
    "bool_type": ("is neither true nor false", "write true or false, without quotes"),
    "string_type": ("is not text", "put it in quotes"),
    "tuple_type": ("is not a list", "write one entry a line, each after `- `"),
    "list_type": ("is not a list", "write one entry a line, each after `- `"),
    "dict_type": ("is not a mapping", "write `key: value` lines, indented below it"),
    "model_type": ("is not a mapping", "write `key: value` lines, indented below it"),
    "greater_than_equal": ("is too small", "at least {ge}"),
    "greater_than": ("is too small", "more than {gt}"),
    "less_than_equal": ("is too large", "at most {le}"),
    "less_than": ("is too large", "less than {lt}"),
    "too_short": ("has too few entries", "at least {min_length}"),
    "too_long": ("has too many entries", "at most {max_length}"),
    "string_too_short": ("is too short", "at least {min_length} characters"),
    "string_too_long": ("is too long", "at most {max_length} characters"),
    "literal_error": ("is not one of the choices", "choose {expected}"),
    "union_tag_invalid": ("is not one of the choices", "choose {expected_tags}"),
    "union_tag_not_found": ("does not say of which kind it is", "write `kind:` and one of the kinds"),
}


_FORMS: Final = {
    get_args(Name)[1].pattern: "lower-case letters, digits and hyphens, at most 30, the first a letter",
    get_args(LabelValue)[1].pattern: "letters, digits, `.`, `_` and `-`, at most 63, as in a Kubernetes label",
}


def problems(found: Iterable[ErrorDetails], source: Source, schema: Mapping[str, Any]) -> Iterator[Problem]:
    """A problem for each of pydantic's findings about the sections of the source."""
    found = list(found)
    for finding in found:
        if finding["type"] == "too_short" and any(finding["loc"] == each["loc"][:-1] for each in found):
            continue  # its entries are wrong, not their number
        steps = _typed_steps(finding["loc"], source.sections, finding["type"] == "missing")
        if finding["type"] == "union_tag_invalid":
            steps = (*steps, KIND)
        if steps in source.encrypted:
            continue
        rules = schema_at(schema, steps, source.sections)
        wrong, remedy = _of_another_kind(finding, schema, steps, source.sections) or _said(
            finding, schema_at(schema, steps[:-1], source.sections), rules
        )
        if finding["type"] == "extra_forbidden" or finding["loc"][-1] == "[key]":
            got = shown(str(steps[-1]), ())
        elif source.is_secret(steps) or rules.get("writeOnly", False):
            got = HIDDEN
        else:
            got = shown(_value_at(source.sections, steps), steps, f"{wrong} {remedy}")
        yield source.problem(steps, wrong, got, remedy)


def needlessly_encrypted(source: Source, schema: Mapping[str, Any]) -> Iterator[Problem]:
    """A problem for each encrypted value that is no secret: tools must be able to read it."""
    for steps in source.encrypted:
        if not schema_at(schema, steps, source.sections).get("writeOnly", False):
            yield source.problem(steps, "is encrypted, but is no secret", HIDDEN, "write it in clear")


def schema_at(schema: Mapping[str, Any], steps: Steps, value: Json) -> Mapping[str, Any]:
    """The part of a JSON schema that describes what stands at these steps of the value; empty where it describes
    none. Of several kinds it is the one that the value says, else the first."""
    here = _chosen(schema, schema, value)
    for step in steps:
        if isinstance(step, int):
            part = here.get("items")
        else:
            part = here.get("properties", {}).get(step) or entry_schema(here)
        value = _value_at(value, (step,))
        here = _chosen(schema, part, value) if isinstance(part, dict) else {}
    return here


def _chosen(schema: Mapping[str, Any], part: Mapping[str, Any], value: Json) -> Mapping[str, Any]:
    part = _resolved(schema, part)
    branches = [_resolved(schema, branch) for branch in part.get("anyOf", part.get("oneOf", ()))]
    kinds = [branch for branch in branches if KIND in branch.get("properties", {})]
    said = value.get(KIND) if isinstance(value, dict) else None
    found = next((branch for branch in kinds if branch["properties"][KIND].get("const") == said), None)
    fitting = found or next((branch for branch in branches if branch.get("type") != "null"), {})
    # What stands around a choice, such as the description, is nearer to the setting.
    return {**fitting, **part}


def entry_schema(mapping: Mapping[str, Any]) -> Mapping[str, Any]:
    """What the schema of a mapping with free keys says of its values; empty where its keys are not free."""
    by_pattern: Mapping[str, Any] = mapping.get("patternProperties", {})
    free = next(iter(by_pattern.values()), mapping.get("additionalProperties"))
    return free if isinstance(free, dict) else {}


def _resolved(schema: Mapping[str, Any], part: Mapping[str, Any]) -> Mapping[str, Any]:
    reference = part.get("$ref")
    if reference is None:
        return part
    # What stands beside a reference, such as the description, is nearer to the setting.
    return {**schema["$defs"][reference.rpartition("/")[2]], **part, "$ref": None}


def _typed_steps(location: Steps, value: Json, is_missing: bool) -> Steps:
    """A finding's location without what pydantic adds to it: names of union members, `[key]`."""
    steps: list[str | int] = []
    for position, step in enumerate(location):
        last = position == len(location) - 1
        if isinstance(value, dict) and step in value:
            value = value[str(step)]
        elif isinstance(value, list) and isinstance(step, int):
            value = value[step]
        elif not (last and is_missing):
            continue
        steps.append(step)
    return tuple(steps)


def _value_at(value: Json, steps: Steps) -> Json:
    for step in steps:
        if isinstance(value, dict):
            value = value.get(str(step))
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            return None
    return value


def _of_another_kind(
    finding: ErrorDetails, schema: Mapping[str, Any], steps: Steps, value: Json
) -> tuple[str, str] | None:
    """What is said of a key that only another kind of the mapping has."""
    if finding["type"] != "extra_forbidden":
        return None
    around, key = schema_at(schema, steps[:-1], value), str(steps[-1])
    for branch in around.get("oneOf", ()):
        properties = _resolved(schema, branch).get("properties", {})
        if key in properties:
            kind = properties[KIND]["const"]
            return f"is a setting of `{KIND}: {kind}` only", "leave it out, or choose that kind"
    return None


def _said(finding: ErrorDetails, parent: Mapping[str, Any], rules: Mapping[str, Any]) -> tuple[str, str]:
    kind, context = finding["type"], finding.get("ctx", {})
    description = " ".join(str(rules.get("description", REFERENCE)).split()).rstrip(".")
    if kind == "extra_forbidden":
        known = sorted(parent.get("properties", {}))
        return "is no known key", meant(str(finding["loc"][-1]), known) or f"known keys are {', '.join(known)}"
    if kind == "value_error":
        wrong, _, remedy = str(context["error"]).partition("; ")
        return wrong, remedy or REFERENCE
    if kind == "string_pattern_mismatch":
        return "has the wrong form", _FORMS.get(str(context["pattern"])) or f"it says: {description}"
    if kind in _WRONG:
        wrong, remedy = _WRONG[kind]
        return wrong, remedy.format_map({**context, "description": description})
    return f"is refused ({finding['msg']})" if not context else "is refused", REFERENCE
