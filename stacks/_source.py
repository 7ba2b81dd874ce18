"""Where settings come from: a stack file, or the engine that has read it for a running program."""

from __future__ import annotations

import json
import pathlib
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cached_property
from typing import Final

from stacks._document import Document, NotYamlError, parse
from stacks._report import Json, Problem, SettingsError, Steps, key_text, meant

PROJECT: Final = "mlplatform"
ENGINE_KEYS: Final = ("config", "encryptionsalt", "encryptedkey", "secretsprovider", "environment")
"""What a stack file may hold: our settings lie under the first, the others are the engine's own."""


@dataclass
class Source:
    """The sections of a stack's settings, and what is known about where each was written."""

    name: str
    """What the report is headed with."""
    sections: dict[str, Json] = field(default_factory=dict)
    """Plain JSON values."""
    keys: dict[str, str] = field(default_factory=dict)
    """How the user wrote each section's key: `mlplatform:<section>`, or the section alone."""
    document: Document = field(default_factory=Document)
    secret_sections: set[str] = field(default_factory=set)
    """Sections that hold a secret in clear somewhere."""
    problems: list[Problem] = field(default_factory=list)
    stack: str = ""
    """The stack's name; empty where a file's name says none."""
    neighbours: pathlib.Path | None = None
    """The directory of the other stacks' files."""

    @cached_property
    def encrypted(self) -> frozenset[Steps]:
        """Values of which only a placeholder is known."""
        sections = {key: section for section, key in self.keys.items()}
        return frozenset(
            (sections[str(secret[1])], *secret[2:])
            for secret in self.document.encrypted
            if secret[0] == "config" and secret[1] in sections
        )

    def problem(self, steps: Steps, wrong: str, got: str, remedy: str) -> Problem:
        """A problem of the value at these steps, under the key as the user typed it."""
        section = str(steps[0])
        typed = (self.keys.get(section, f"{PROJECT}:{section}"), *steps[1:])
        return Problem(key_text(typed), wrong, got, remedy, self._line(("config", *typed)))

    def is_secret(self, steps: Steps) -> bool:
        """Whether the value there, or one around it, must not be shown."""
        return steps[0] in self.secret_sections or any(steps[: len(secret)] == secret for secret in self.encrypted)

    def _line(self, steps: Steps) -> int | None:
        lines = self.document.lines
        return next((lines[steps[:n]] for n in range(len(steps), 1, -1) if steps[:n] in lines), None)


def from_file(path: pathlib.Path) -> Source:
    """The settings of a stack file; raises SettingsError where it is no YAML mapping at all."""
    name = str(path)
    document = _document(path)
    if not isinstance(document.value, dict):
        raise SettingsError(name, [Problem(name, "is not a mapping", "other content", "begin it with `config:`")])
    stack = path.name.removeprefix("Pulumi.").removesuffix(".yaml")
    source = Source(name, document=document, stack=stack, neighbours=path.parent)
    for flaw in document.flaws:
        typed = flaw.steps[1:] if len(flaw.steps) > 1 and flaw.steps[0] == "config" else flaw.steps or (name,)
        line = document.lines.get(flaw.steps)
        source.problems.append(Problem(key_text(typed), flaw.wrong, flaw.got, flaw.remedy, line))
    _check_keys(source, document.value)
    _take_sections(source, document.value.get("config"))
    return source


def from_engine() -> Source:
    """The settings that the engine hands to the running program, with lines where the stack file agrees."""
    import pulumi
    from pulumi.runtime import config as engine

    given = engine.get_config_env() | engine.CONFIG.get()
    stack_files = pathlib.Path(pulumi.get_root_directory()) / "stacks"
    source = Source(f"stack {pulumi.get_stack()}", stack=pulumi.get_stack(), neighbours=stack_files)
    for key, text in given.items():
        namespace, _, section = key.partition(":")
        if namespace == PROJECT:
            source.sections[section] = _parsed(text)
            if engine.is_config_secret(key):
                source.secret_sections.add(section)
    file = stack_files / f"Pulumi.{pulumi.get_stack()}.yaml"
    if file.is_file():
        try:
            written = from_file(file)
        except SettingsError:
            return source
        if written.sections == source.sections:
            return written
    return source


def _document(path: pathlib.Path) -> Document:
    name = str(path)
    try:
        return parse(path.read_text(encoding="utf-8"))
    except OSError as error:
        others = ", ".join(sorted(file.name for file in path.parent.glob("Pulumi.*.yaml")))
        remedy = f"stack files there: {others}" if others else "give the path of a stack file"
        problem = Problem(name, "cannot be read", (error.strerror or "an error").lower(), remedy)
    except UnicodeDecodeError as error:
        problem = Problem(name, "is not UTF-8 text", f"another byte at {error.start}", "save the file as UTF-8")
    except NotYamlError as error:
        problem = Problem(name, "is not YAML", str(error), "mend the syntax", error.line)
    raise SettingsError(name, [problem])


def _check_keys(source: Source, value: dict[str, Json]) -> None:
    for key in value:
        if key not in ENGINE_KEYS:
            remedy = meant(key, ENGINE_KEYS) or f"write `config:` and below it `{PROJECT}:<section>:`"
            line = source.document.lines.get((key,))
            source.problems.append(Problem(key, "is no key of a stack file", "another key", remedy, line))


def _take_sections(source: Source, config: Json) -> None:
    if config is not None and not isinstance(config, dict):
        source.problems.append(
            Problem("config", "is not a mapping", "other content", f"write `{PROJECT}:<section>:` below it")
        )
        return
    for key, value in (config or {}).items():
        namespace, _, section = key.rpartition(":")
        line = source.document.lines.get(("config", key))
        if namespace in ("", PROJECT):
            if section in source.sections:
                wrong = f"is the same setting as {source.keys[section]}"
                source.problems.append(Problem(key, wrong, "a second value", "keep one of the two", line))
            source.sections[section] = value
            source.keys[section] = key
        elif get_close_matches(namespace, [PROJECT], cutoff=0.8):
            remedy = f"did you mean {PROJECT}:{section}?"
            source.problems.append(Problem(key, "is of another project", namespace, remedy, line))


def _parsed(text: Json) -> Json:
    """A configuration value: the engine gives mappings and lists as JSON, all else as text."""
    if isinstance(text, str) and text[:1] in ("{", "["):
        try:
            value: Json = json.loads(text)
        except ValueError:
            return text
        return value
    return text
