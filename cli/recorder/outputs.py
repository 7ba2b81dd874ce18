"""Outputs as a preview knows them: a value with what is unknown in it, and the resources that it comes from.

Everything is decided at once: there is no engine to wait for. That, and not importing the SDK, is why a program of
thousands of resources is recorded in the time in which the SDK would register a hundred.
"""

from __future__ import annotations

import asyncio
import inspect
import json
from collections.abc import Callable, Coroutine, Mapping
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar, cast

from policies.language import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Iterable

T = TypeVar("T")
_NOTHING: Final[frozenset[str]] = frozenset()


class Output(Generic[T]):
    """A value that may come from resources, as ``pulumi.Output``."""

    __slots__ = ("plain", "secret_", "sources")

    def __init__(self, plain: Any, sources: frozenset[str] = _NOTHING, *, secret: bool = False) -> None:  # noqa: ANN401
        self.plain = plain
        self.sources = sources
        self.secret_ = secret

    def apply(self, func: Callable[[Any], Any], run_with_unknowns: bool = False) -> Output[Any]:
        """The function of the value; unknown where the value is."""
        if holds_unknown(self.plain) and not run_with_unknowns:
            return Output(UNKNOWN, self.sources, secret=self.secret_)
        made = func(self.plain)
        if inspect.iscoroutine(made):
            made = finished(made)
        inner = resolved(made)
        return Output(inner.plain, self.sources | inner.sources, secret=self.secret_ or inner.secret_)

    def __getitem__(self, key: Any) -> Output[Any]:  # noqa: ANN401
        return self.apply(lambda value: value[key])

    def __getattr__(self, name: str) -> Output[Any]:
        if name.startswith("__"):
            raise AttributeError(name)
        return self.apply(lambda value: value[name] if isinstance(value, Mapping) else getattr(value, name))

    def __iter__(self) -> Any:  # noqa: ANN401
        raise TypeError("an Output cannot be iterated over, apply a function to it")

    def __bool__(self) -> bool:
        return True

    @staticmethod
    def from_input(value: Any) -> Output[Any]:  # noqa: ANN401
        """The value with every output in it resolved."""
        return resolved(value)

    @staticmethod
    def all(*values: object, **named: object) -> Output[Any]:
        """All of them as one list, or mapping; unknown as long as one of them is."""
        joined = resolved(named or list(values))
        return joined.apply(lambda plain: plain)

    @staticmethod
    def concat(*values: object) -> Output[str]:
        """The texts joined."""
        return resolved(list(values)).apply(lambda parts: "".join(str(part) for part in parts))

    @staticmethod
    def format(template: Any, *values: object, **named: object) -> Output[str]:  # noqa: ANN401
        """The template filled in."""
        parts = resolved([template, list(values), named])
        return parts.apply(lambda found: found[0].format(*found[1], **found[2]))

    @staticmethod
    def json_dumps(value: Any, **options: Any) -> Output[str]:  # noqa: ANN401
        """The value as JSON."""
        return resolved(value).apply(lambda plain: json.dumps(plain, **options))

    @staticmethod
    def json_loads(value: Any, **options: Any) -> Output[Any]:  # noqa: ANN401
        """What the JSON says."""
        return resolved(value).apply(lambda text: json.loads(text, **options))

    @staticmethod
    def secret(value: Any) -> Output[Any]:  # noqa: ANN401
        """The value as a secret."""
        inner = resolved(value)
        return Output(inner.plain, inner.sources, secret=True)

    @staticmethod
    def unsecret(value: Any) -> Output[Any]:  # noqa: ANN401
        """The value as no secret."""
        inner = resolved(value)
        return Output(inner.plain, inner.sources)


def resolved(value: object) -> Output[Any]:
    """A value in which outputs may lie anywhere, as one output whose value has none."""
    sources: set[str] = set()
    secret = [False]
    plain = _plain(value, sources, secret)
    return Output(plain, frozenset(sources), secret=secret[0])


def _plain(value: object, sources: set[str], secret: list[bool]) -> object:
    if isinstance(value, Output):
        sources |= value.sources
        secret[0] = secret[0] or value.secret_
        return value.plain
    if isinstance(value, Mapping):
        return {key: _plain(each, sources, secret) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each, sources, secret) for each in value]
    as_input = getattr(value, "recorded_input", None)
    return value if as_input is None else _plain(cast("Callable[[], object]", as_input)(), sources, secret)


def holds_unknown(value: object) -> bool:
    """Whether something in the value is not known."""
    if value is UNKNOWN:
        return True
    inner: Iterable[object] = ()
    if isinstance(value, Mapping):
        inner = value.values()
    elif isinstance(value, list):
        inner = value
    return any(holds_unknown(each) for each in inner)


def finished(work: Coroutine[Any, Any, T]) -> T:
    """What a coroutine returns. The event loop is its own: the process may have another."""
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(work)
    finally:
        loop.close()
