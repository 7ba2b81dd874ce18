"""How a mistake in a stack file is told: one line each, in one form, all of them at once."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable

Json: TypeAlias = "dict[str, Json] | list[Json] | str | float | bool | None"

Steps = tuple[str | int, ...]
"""The way to a value: keys of mappings and positions in lists, from the section on."""

HIDDEN: Final = "[secret]"
_SECRET_KEY = re.compile(
    r"passw|passphrase|secret|token|credential|bearer|headers|(private|api|access|licen[cs]e)_?key", re.IGNORECASE
)
_NO_KEY: Final = '""'
_LONGEST: Final = 60


def inside(value: Json, *keys: str | int) -> Json:
    """What stands under these keys, one inside the other; None where nothing does."""
    for key in keys:
        value = value.get(str(key)) if isinstance(value, dict) else None
    return value


@dataclass(frozen=True)
class Problem:
    """One mistake: ``<key>: <what is wrong>, got <value>; <what is allowed or what to do> (line <n>)``."""

    key: str
    """The key as the user typed it; the file's own name where the mistake is the whole file's."""
    wrong: str
    got: str
    remedy: str
    line: int | None = None

    def __str__(self) -> str:
        where = f" (line {self.line})" if self.line else ""
        line = f"{self.key or _NO_KEY}: {self.wrong}, got {self.got}; {self.remedy}{where}"
        return "".join(letter if letter.isprintable() else f"\\x{ord(letter):02x}" for letter in line)


class SettingsError(Exception):
    """A stack's settings cannot be used; the text is a report with a line for each of ``problems``."""

    def __init__(self, source: str, problems: Iterable[Problem]) -> None:
        self.source = source
        self.problems = tuple(sorted(problems, key=lambda problem: (problem.line or 0, problem.key)))
        super().__init__(source, self.problems)

    def __str__(self) -> str:
        count = f"{len(self.problems)} error{'s' if len(self.problems) != 1 else ''}"
        return "\n".join([f"{self.source}: {count}", *(f"  {problem}" for problem in self.problems)])


def key_text(steps: Steps) -> str:
    """Steps as one key: `mlplatform:capacity.pools[0].nodes`."""
    text = str(steps[0])
    for step in steps[1:]:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            text += f".{step}" if re.fullmatch(r"[A-Za-z0-9_-]+", step) else f"[{json.dumps(step)}]"
    return text


def shown(value: Json, steps: Steps, about: str = "") -> str:
    """A value as a report shows it: on one line, short, and never what may be a secret.

    Of a mapping only those keys are shown that ``about``, the sentence around the value, speaks of.
    """
    text = _flow(value, steps, about)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."


def _flow(value: Json, steps: Steps, about: str) -> str:
    if any(isinstance(step, str) and _SECRET_KEY.search(step) for step in steps):
        return HIDDEN
    if isinstance(value, dict):
        spoken_of = [key for key in value if re.search(rf"(?<!\w){re.escape(key)}(?!\w)", about)]
        pairs = ", ".join(f"{key}: {_flow(value[key], (*steps, key), '')}" for key in spoken_of)
        return f"{{{pairs}}}" if pairs else "a mapping"
    if isinstance(value, list):
        return "a list"
    return "nothing" if value is None else json.dumps(value, ensure_ascii=False)


def meant(key: str, known: Iterable[str]) -> str:
    """A question that names the known key nearest to a mistyped one; empty where none is near."""
    close = get_close_matches(key, list(known), n=1)
    return f"did you mean {close[0]}?" if close else ""
