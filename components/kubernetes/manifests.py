"""A filter for what Helm renders, run by the Kubernetes provider between Helm and the cluster.

`python manifests.py (definitions | objects) [--annotate KEY=VALUE] [--only NAME] [--open NAME] [--keep]
[--omit-webhooks]` reads rendered manifests from standard input and writes those asked for: custom resource definitions,
or everything else.

Definitions come without the descriptions of their fields, two thirds of their bytes: what they allow, fill in and
keep is the same. The engine writes its whole state after every step, so each of those bytes would be written
hundreds of times; with them, one `up` takes longer than all that it waits for.

`--only` leaves out definitions of other names, and `--open` takes the schema out of one: it then admits any field,
which is enough for kinds that nobody but this program writes and whose controller checks them.

`--annotate` gives each of them an annotation, `--keep` marks definitions to outlive the chart. `--omit-webhooks`
leaves out whatever makes the API server call a controller (admission webhooks, conversion, aggregated APIs), for a
control plane on which none runs.

It works on text and imports nothing but the standard library: one definition can have two megabytes, and
parsing all of them would take longer than the rest of an update. It relies on metadata in block style, as charts and
controller-gen write it; where it is not met, the filter fails and says so.
"""

from __future__ import annotations

import argparse
import re
import sys
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

_SEPARATOR: Final = re.compile(r"^---[^\S\n]*$", re.MULTILINE)
_KIND: Final = re.compile(r"^kind:[^\S\n]*\"?(\w+)", re.MULTILINE)
_METADATA: Final = re.compile(r"^metadata:[^\S\n]*(?:#.*)?\n((?:[ #].*\n|\n)*)", re.MULTILINE)
_FIELD: Final = re.compile(r"^( +)[^\s#]", re.MULTILINE)
_CONVERSION: Final = re.compile(r"^  conversion:\n(?: {3,}.*\n)*", re.MULTILINE)
_CALLING: Final = frozenset({"MutatingWebhookConfiguration", "ValidatingWebhookConfiguration", "APIService"})
_DOCUMENTATION: Final = re.compile(r"^( *)description: \S.*\n(?:(?:\1 +\S.*|[ ]*)\n)*", re.MULTILINE)
_NAME: Final = re.compile(r"^  name:[^\S\n]*\"?([\w.-]+)", re.MULTILINE)
_SCHEMA: Final = re.compile(r"^    schema:\n(?:(?: {5,}.*|[ ]*)\n)*", re.MULTILINE)
_ANYTHING: Final = (
    "    schema:\n      openAPIV3Schema:\n        type: object\n        x-kubernetes-preserve-unknown-fields: true\n"
)
_KEEP: Final = {"helm.sh/resource-policy": "keep"}


def select(
    rendered: str,
    part: str,
    *,
    keep: bool,
    omit_webhooks: bool,
    annotations: Mapping[str, str] | None = None,
    only: Collection[str] = (),
    without_schema: Collection[str] = (),
) -> str:
    """The `definitions` or the `objects` of what was rendered; ValueError for one of foreign layout. Of definitions,
    ``only`` those of these names, where there are any."""
    chosen = []
    for document in _SEPARATOR.split(rendered):
        found = _KIND.search(document)
        if found is None:
            continue
        is_definition = found[1] == "CustomResourceDefinition"
        if is_definition != (part == "definitions") or (omit_webhooks and found[1] in _CALLING):
            continue
        if is_definition:
            name = _name(document)
            if only and name not in only:
                continue
            document = _DOCUMENTATION.sub("", _SCHEMA.sub(_ANYTHING, document) if name in without_schema else document)
        if is_definition and omit_webhooks:
            document = _CONVERSION.sub("", document)
        chosen.append(_annotated(document, {**(annotations or {}), **(_KEEP if is_definition and keep else {})}))
    return "---".join(["", *chosen])


def _name(document: str) -> str:
    metadata = _METADATA.search(document)
    found = _NAME.search(metadata[1]) if metadata else None
    return found[1] if found else ""


def _annotated(document: str, annotations: Mapping[str, str]) -> str:
    if not annotations:
        return document
    metadata = _METADATA.search(document)
    first = _FIELD.search(metadata[1]) if metadata else None
    if metadata is None or first is None:
        raise ValueError("an object without metadata in block style")
    indent = first[1]
    # What is there already decides how deep its siblings stand; an empty mapping may be written as such.
    empty, nothing = r"[^\S\n]*(?:{}|null|~)?[^\S\n]*\n", r"(?:[^\S\n]*(?:#.*)?\n)*"
    annotated = re.compile(rf"^{indent}annotations:{empty}(?={nothing}({indent} +)[^\s#])?", re.MULTILINE)
    there = annotated.search(document, metadata.start(), metadata.end())
    start, end = (there.start(), there.end()) if there else (metadata.start(1), metadata.start(1))
    deeper = there[1] if there and there[1] else f"{indent}  "
    lines = "".join(f"{deeper}{key}: {value}\n" for key, value in annotations.items())
    return f"{document[:start]}{indent}annotations:\n{lines}{document[end:]}"


def main() -> int:
    """Filter standard input to standard output."""
    parser = argparse.ArgumentParser(description="Select a part of rendered manifests.")
    parser.add_argument("part", choices=("definitions", "objects"))
    parser.add_argument("--annotate", metavar="KEY=VALUE", action="append", default=[])
    parser.add_argument("--only", metavar="NAME", action="append", default=[])
    parser.add_argument("--open", metavar="NAME", action="append", default=[])
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--omit-webhooks", action="store_true")
    arguments = parser.parse_args()
    try:
        selected = select(
            sys.stdin.read(),
            arguments.part,
            keep=arguments.keep,
            omit_webhooks=arguments.omit_webhooks,
            annotations=dict(each.split("=", 1) for each in arguments.annotate),
            only=arguments.only,
            without_schema=arguments.open,
        )
    except ValueError as error:
        print(f"manifests: {error}", file=sys.stderr)  # noqa: T201 (Helm shows the filter's standard error)
        return 1
    sys.stdout.write(selected)
    return 0


if __name__ == "__main__":
    sys.exit(main())
