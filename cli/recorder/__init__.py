"""Runs a stack's program offline and says what it would register: no engine, login, cluster, provider or network."""

from __future__ import annotations

import gc
import json
import runpy
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from cli.recorder.packages import stand_ins
from cli.recorder.resources import PROJECT, Registration, Run, current
from cli.recorder.sdk import RunError, Unsupported

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["CannotRecordError", "Problem", "Recording", "Registration", "record"]

ROOT: Final = Path(__file__).parents[2]
_EXPLAINED: Final = 32
"""The program's exit code for a mistake that it has told the user."""

Steps = tuple[str | int, ...]


@dataclass(frozen=True)
class Problem:
    """A mistake in a stack file, and its line where that is known."""

    text: str
    line: int | None = None


class CannotRecordError(Exception):
    """The program could not be run to its end; ``problems`` are the stack file's, if it is to blame."""

    def __init__(self, said: str, problems: tuple[Problem, ...] = ()) -> None:
        super().__init__(said)
        self.problems = problems


@dataclass(frozen=True)
class Recording:
    """What the program registered, in order; the values of the stack file, and the line of each."""

    stack: str
    file: Path
    registrations: tuple[Registration, ...]
    values: Mapping[str, Any]
    lines: Mapping[Steps, int]


def record(file: Path) -> Recording:
    """Run the program with the settings of that stack file, as at a preview; raises CannotRecordError."""
    stack = file.name.removeprefix("Pulumi.").removesuffix(".yaml")
    run = current.run = Run(stack, file.absolute().parents[1])
    config: dict[str, str] = {}
    collected = gc.isenabled()
    with stand_ins(config):
        from stacks import _document

        try:
            document = _document.parse(file.read_text(encoding="utf-8"))
            values = document.value if isinstance(document.value, dict) else {}
            config.update(_as_the_engine_gives(values))
            runpy.run_path(str(ROOT / "stacks"), run_name="__main__")
        except SystemExit as ended:
            if ended.code:
                raise _cause(file, run) from None
        except (OSError, UnicodeDecodeError, _document.NotYamlError, ValueError):
            raise _cause(file, run) from None
        except (RunError, Unsupported) as error:
            raise CannotRecordError(str(error)) from None
        finally:
            # The program switches it off, since it ends with its process; this one goes on.
            if collected:
                gc.enable()
    return Recording(stack, file, tuple(run.registered.values()), values, document.lines)


def _as_the_engine_gives(values: Mapping[str, Any]) -> dict[str, str]:
    config = values.get("config")
    given = config.items() if isinstance(config, dict) else ()
    return {
        key if ":" in key else f"{PROJECT}:{key}": json.dumps(value) if isinstance(value, dict | list) else str(value)
        for key, value in given
    }


def _cause(file: Path, run: Run) -> CannotRecordError:
    """What the stack file's own report says; else what the program said last."""
    from stacks.settings import Settings, SettingsError

    try:
        Settings.load(file)
    except SettingsError as error:
        problems = tuple(Problem(str(each), each.line) for each in error.problems)
        return CannotRecordError(str(error), problems)
    return CannotRecordError("\n".join(run.errors) or "the program ended without a word")
