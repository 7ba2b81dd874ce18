"""The offline check of stacks: record each program, render its charts, hand plain resources to the rules."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cli.charts import Charts, StaleError
from cli.locating import StackLocator
from cli.recorder import CannotRecordError, record
from policies import exceptions
from policies.check import Checked, Mistake, Report, Unchecked, check, useless
from policies.exceptions import Flaw
from policies.parameters import parameters_for
from policies.resource import Resource, type_of_token
from policies.rules import RULES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from cli.recorder import Registration
    from policies.exceptions import Exceptions

ROOT: Final = Path(__file__).parents[1]
STACK_FILES: Final = ROOT / "stacks"


def stack_of(file: Path) -> str:
    """The stack whose file it is."""
    return file.name.removeprefix("Pulumi.").removesuffix(".yaml")


def check_stacks(files: Sequence[Path], seen: Callable[[Checked | Unchecked], None] = lambda _: None) -> Report:
    """Check the stacks of these files one after the other; each result is shown to ``seen`` as it comes."""
    excepted = exceptions.load(datetime.now(UTC).date(), {rule.id for rule in RULES})
    checked: list[Checked] = []
    unchecked: list[Unchecked] = []
    for file in files:
        with _uncollected():
            result = check_stack(file, excepted)
        seen(result)
        if isinstance(result, Checked):
            checked.append(result)
        else:
            unchecked.append(result)
    stacks = {stack_of(file) for file in STACK_FILES.glob("Pulumi.*.yaml")}
    unused = [Flaw(entry.line, f"{entry.rule}: {text}") for entry, text in useless(excepted, checked, stacks)]
    flaws = (*excepted.flaws, *unused)
    return Report(tuple(checked), tuple(unchecked), flaws, str(exceptions.FILE.relative_to(ROOT)), RULES)


@contextmanager
def _uncollected() -> Iterator[None]:
    """While a stack is judged next to nothing becomes garbage, and the collector would walk all of it again and again:
    the time for one more team would grow with the teams."""
    collected = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collected:
            gc.enable()


def check_stack(file: Path, excepted: Exceptions) -> Checked | Unchecked:
    """Check the stack of one file."""
    stack, shown = stack_of(file), _shown(file)
    try:
        recording = record(file)
        rendered = Charts().render(recording.registrations)
    except CannotRecordError as error:
        told = tuple(Mistake(each.text, each.line) for each in error.problems)
        return Unchecked(stack, shown, told or (Mistake(str(error)),))
    except StaleError as error:
        return Unchecked(stack, shown, (Mistake(str(error)),))
    own = [_resource(each) for each in recording.registrations if each.custom]
    return check(
        stack,
        shown,
        [*own, *rendered.resources],
        RULES,
        parameters_for(stack),
        excepted,
        StackLocator(recording, ROOT),
        rendered.notes,
    )


def _resource(registered: Registration) -> Resource:
    kind = type_of_token(registered.type)
    resource = Resource(kind, registered.properties, "")
    place = [part for part in (resource.namespace, resource.name) if isinstance(part, str) and part]
    label = f"{kind.rpartition('/')[2]} {'/'.join(place) or registered.name}"
    options = {"protect": registered.protect}
    return Resource(kind, registered.properties, label, registered.urn, registered.sources, options)


def _shown(file: Path) -> str:
    absolute = file.absolute()
    return str(absolute.relative_to(ROOT)) if absolute.is_relative_to(ROOT) else str(file)
