"""The stack file described for editors (JSON schema) and for readers (a table a section), from the specs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from stacks._findings import entry_schema
from stacks._source import ENGINE_KEYS, PROJECT
from stacks.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Mapping

Schema = dict[str, Any]

_BOUNDS: Final = {
    "minimum": "at least {}",
    "exclusiveMinimum": "more than {}",
    "maximum": "at most {}",
    "exclusiveMaximum": "less than {}",
    "minItems": "{} or more",
    "minProperties": "{} or more",
}


def stack_file_schema() -> Schema:
    """JSON schema of `Pulumi.<stack>.yaml`: our sections in full, the engine's own keys and other projects' free."""
    settings = Settings.model_json_schema()
    sections = {f"{PROJECT}:{name}": part for name, part in settings["properties"].items()}
    ours_or_foreign = [{"enum": sorted(sections)}, {"not": {"pattern": f"^{PROJECT}:"}}]
    config = {
        "type": "object",
        "properties": sections,
        "propertyNames": {"anyOf": ours_or_foreign},
        "required": [f"{PROJECT}:{name}" for name in settings.get("required", [])],
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"A stack file of {PROJECT}",
        "type": "object",
        "properties": {**{key: {} for key in ENGINE_KEYS}, "config": config},
        "required": ["config"],
        "additionalProperties": False,
        "$defs": settings["$defs"],
    }


def schema_text() -> str:
    """The schema as `stacks/schema.json` holds it."""
    return json.dumps(stack_file_schema(), indent=2, ensure_ascii=False) + "\n"


def reference() -> str:
    """Markdown: the sections, and below them each kind of mapping that they contain."""
    settings = Settings.model_json_schema()
    parts = ["## Sections", _table(settings, {f"{PROJECT}:{k}": v for k, v in settings["properties"].items()})]
    for name, definition in sorted(settings["$defs"].items()):
        if "properties" in definition:
            parts += [f"## {name}", _one_line(definition.get("description", ""))]
            parts += [_table(definition, definition["properties"])]
    return "\n\n".join(parts) + "\n"


def _table(owner: Schema, properties: dict[str, Schema]) -> str:
    required = {f"{PROJECT}:{name}" for name in owner.get("required", [])} | set(owner.get("required", []))
    rows = ["| key | value | if absent | meaning |", "|---|---|---|---|"]
    for key, rules in properties.items():
        cells = (f"`{key}`", _value(rules), _default(rules, key in required), _one_line(rules.get("description", "")))
        rows.append(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |")
    return "\n".join(rows)


def _value(rules: Mapping[str, Any]) -> str:
    """What may stand there, in words."""
    if name := rules.get("$ref", "").rpartition("/")[2]:
        return f"[{name}](#{name.lower()})"
    if branches := rules.get("anyOf", rules.get("oneOf")):
        return " or ".join(_value(part) for part in branches if part.get("type") != "null")
    if "const" in rules or "enum" in rules:
        return ", ".join(f"`{choice}`" for choice in rules.get("enum", [rules.get("const")]))
    bounds = [words.format(rules[bound]) for bound, words in _BOUNDS.items() if bound in rules]
    match rules.get("type"):
        case "array":
            text = f"list: {_value(rules['items'])}"
        case "object":
            text = f"mapping of names to: {_value(entry_schema(rules))}"
        case "integer":
            text = "whole number"
        case "boolean":
            text = "true or false"
        case "string":
            text = "text"
        case other:
            text = str(other)
    return ", ".join([text, *bounds])


def _default(rules: Schema, required: bool) -> str:
    if required:
        return "an error"
    default = rules.get("default")
    if isinstance(default, dict) and ("$ref" in rules or "oneOf" in rules):
        return "its defaults"
    return "" if default in (None, {}, []) else f"`{json.dumps(default)}`"


def _one_line(text: str) -> str:
    return " ".join(text.split())
