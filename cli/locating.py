"""Where a finding comes from: the stack file's value that was judged, or the entry or section around it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from policies.check import Location, Where

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cli.recorder import Recording, Registration
    from policies.judgement import Verdict
    from policies.language import Place

Steps = tuple[str | int, ...]
_WORD: Final = re.compile("[A-Za-z0-9]+")
_SHORTEST: Final = 3
"""A shorter value is found in too many places to say where it comes from."""


class StackLocator:
    """Finds lines for the findings of one recorded stack; paths are relative to ``root``."""

    def __init__(self, recording: Recording, root: Path) -> None:
        self._file = _relative(str(recording.file), root)
        self._root = root
        self._lines = recording.lines
        self._registered = {each.urn: each for each in recording.registrations}
        config = recording.values.get("config")
        self._config: Mapping[str, Any] = config if isinstance(config, Mapping) else {}
        # Indexes: a stack has hundreds of entries and thousands of resources, and a change may break a rule on each.
        self._named: dict[str, list[tuple[int, Steps]]] = {}
        for number, (steps, name) in enumerate(_entries(self._config, ())):
            self._named.setdefault(name, []).append((number, steps))
        self._by_value: dict[tuple[str, Steps], list[Steps]] = {}
        for steps, value in _scalars(self._config, ()):
            for length in range(len(steps) + 1):
                self._by_value.setdefault((str(value), steps[:length]), []).append(steps)

    def __call__(self, verdict: Verdict) -> Location:
        """The setting and the line of the program that the judged resource comes from."""
        registered = self._registered.get(verdict.resource.urn.partition("#")[0])
        if registered is None:
            return Location()
        around = self._around(registered)
        exact = self._exact(verdict, around)
        steps = exact or (around[0] if around else None)
        setting = self._where(steps) if steps else None
        program = Where(_relative(registered.file, self._root), registered.line) if registered.file else None
        return Location(setting, program, exact=bool(exact))

    def _where(self, steps: Steps) -> Where | None:
        line = next((self._lines[at] for at in _outwards(("config", *steps)) if at in self._lines), None)
        return None if line is None else Where(self._file, line, _key(steps))

    def _around(self, registered: Registration) -> list[Steps]:
        """The entries that the resource's names speak of, the likeliest first; then the sections of its components."""
        components = list(self._component_names(registered))
        metadata = registered.properties.get("metadata")
        said = [registered.name, *components, _text(metadata, "namespace"), _text(metadata, "name")]
        named = self._spoken_of(said)
        sections = [(key,) for key in self._config if _section(key) in components]
        own = [steps for steps, name in named if f"{_section(str(steps[0])).removesuffix('s')}-{name}" in components]
        inside = [steps for steps, _ in named if (steps[0],) in sections]
        return [*(own or inside or [steps for steps, _ in named]), *sections]

    def _spoken_of(self, said: list[str]) -> list[tuple[Steps, str]]:
        """The entries whose names stand in these texts as whole words, in the order of the entries."""
        names = dict.fromkeys(part for text in said for part in _parts(text) if part in self._named)
        found = sorted((number, steps, name) for name in names for number, steps in self._named[name])
        return [(steps, name) for _, steps, name in found]

    def _component_names(self, registered: Registration) -> Iterator[str]:
        """The names of the components around it, the outermost last."""
        at = registered
        while at.parent in self._registered:
            at = self._registered[at.parent]
            yield at.name

    def _exact(self, verdict: Verdict, around: list[Steps]) -> Steps | None:
        """The one setting with a value that was judged: in what is around the resource, else anywhere."""
        for place in verdict.places:
            value = _value_at(verdict.resource.properties, place)
            if isinstance(value, bool) or not isinstance(value, str | int | float) or len(str(value)) < _SHORTEST:
                continue
            found = self._by_value.get((str(value), ()), [])
            near = list(dict.fromkeys(steps for each in around for steps in self._by_value.get((str(value), each), ())))
            if len(near or found) == 1:
                return (near or found)[0]
        return None


def _parts(text: str) -> Iterator[str]:
    """Every part of the text that begins and ends with a whole word: ``a-b-c`` has six."""
    words = list(_WORD.finditer(text))
    for number, first in enumerate(words):
        for last in words[number:]:
            yield text[first.start() : last.end()]


def _section(key: str) -> str:
    """What the program calls the components of a section: its key without project and underscores."""
    return key.rpartition(":")[2].replace("_", "-")


def _scalars(value: object, steps: Steps) -> Iterator[tuple[Steps, object]]:
    if isinstance(value, Mapping):
        for key, each in value.items():
            yield from _scalars(each, (*steps, key))
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from _scalars(each, (*steps, index))
    else:
        yield steps, value


def _entries(value: object, steps: Steps) -> Iterator[tuple[Steps, str]]:
    """The entries of lists that have a name, the innermost first."""
    inner = value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else ()
    for key, each in inner:
        yield from _entries(each, (*steps, key))
        if isinstance(key, int) and isinstance(each, Mapping) and isinstance(each.get("name"), str):
            yield (*steps, key), each["name"]


def _value_at(value: object, place: Place) -> object:
    for step in place:
        if isinstance(value, Mapping):
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            return None
    return value


def _text(value: object, *keys: str) -> str:
    found = _value_at(value, keys)
    return found if isinstance(found, str) else ""


def _outwards(steps: Steps) -> Iterator[Steps]:
    return (steps[:length] for length in range(len(steps), 1, -1))


def _key(steps: Steps) -> str:
    text = str(steps[0])
    return text + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps[1:])


def _relative(file: str, root: Path) -> str:
    return file.removeprefix(f"{root}/")
