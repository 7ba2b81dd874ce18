"""Resources that write down that they were registered, as ``pulumi``'s classes register them with the engine."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from cli.recorder.options import ResourceOptions, several
from cli.recorder.outputs import Output, resolved
from policies.language import UNKNOWN

if TYPE_CHECKING:
    from types import FrameType

PROJECT: Final = "mlplatform"
_STACK_TYPE: Final = "pulumi:pulumi:Stack"
_RECORDER: Final = str(Path(__file__).parent)


@dataclass
class Registration:
    """One resource as it was registered; ``sources`` say from which resources the value of a property comes."""

    urn: str
    type: str
    name: str
    parent: str
    custom: bool
    properties: dict[str, Any]
    sources: dict[str, tuple[str, ...]] = field(default_factory=dict)
    dependencies: tuple[str, ...] = ()
    provider: str = ""
    protect: bool = False
    file: str = ""
    line: int = 0


class Run:
    """What one run of the program has registered so far."""

    def __init__(self, stack: str, root: Path) -> None:
        self.stack = stack
        self.root = root
        self.urn = f"urn:pulumi:{stack}::{PROJECT}::{_STACK_TYPE}::{PROJECT}-{stack}"
        self.registered: dict[str, Registration] = {}
        self.errors: list[str] = []


class _Current:
    run: Run


current: Final = _Current()
"""The run under way: one at a time, as in an engine's process."""


class Resource:
    """As ``pulumi.Resource``."""

    def __init__(
        self,
        t: str,
        name: str,
        custom: bool,
        props: Mapping[str, Any] | None = None,
        opts: ResourceOptions | None = None,
        remote: bool = False,
        dependency: bool = False,
        package_ref: object = None,
    ) -> None:
        del dependency, package_ref
        run, opts = current.run, opts or ResourceOptions()
        parent: Resource | None = opts.parent
        self._children: list[Resource] = []
        self._stands_for_its_children = not (custom or remote)
        if parent is not None:
            parent._children.append(self)
        urn = _urn(run, t, name, parent)
        if urn in run.registered:
            raise ValueError(f"{urn} is registered twice")
        self._type, self._name = t, name
        self._providers: dict[str, str] = {**(parent._providers if parent else {}), **_providers(opts)}
        # As in the SDK, a resource is protected as its parent is, unless it says so itself.
        self._protect: bool = opts.protect if opts.protect is not None else bool(parent and parent._protect)
        self.urn: Output[str] = Output(urn, frozenset((urn,)))
        values, sources = {}, {}
        for key, value in (props or {}).items():
            output = resolved(value)
            if output.plain is not None:
                values[key] = output.plain
                if output.sources:
                    sources[key] = tuple(sorted(output.sources))
        waits = {urn for urns in sources.values() for urn in urns}
        waits |= {urn for each in several(opts.depends_on) for urn in _urns(each)}
        file, line = _caller()
        run.registered[urn] = Registration(
            urn=urn,
            type=t,
            name=name,
            parent=parent.urn.plain if parent else run.urn,
            custom=custom,
            properties=values,
            sources=sources,
            dependencies=tuple(sorted(waits)),
            provider=self._providers.get(t.partition(":")[0], "") if custom else "",
            protect=self._protect,
            file=file,
            line=line,
        )

    def recorded_input(self) -> object:
        """What stands for the resource where it is given as a value."""
        return self.urn


class CustomResource(Resource):
    """As ``pulumi.CustomResource``: a preview does not know its id, and of its outputs what was put in."""

    def __init__(
        self,
        t: str,
        name: str,
        props: Mapping[str, Any] | None = None,
        opts: ResourceOptions | None = None,
        dependency: bool = False,
        package_ref: object = None,
    ) -> None:
        super().__init__(t, name, True, props, opts, False, dependency, package_ref)
        self.id: Output[str] = Output(UNKNOWN, frozenset((self.urn.plain,)))


class ComponentResource(Resource):
    """As ``pulumi.ComponentResource``."""

    def __init__(
        self,
        t: str,
        name: str,
        props: Mapping[str, Any] | None = None,
        opts: ResourceOptions | None = None,
        remote: bool = False,
        package_ref: object = None,
    ) -> None:
        super().__init__(t, name, False, props if remote else None, opts, remote, False, package_ref)

    def register_outputs(self, outputs: Mapping[str, Any]) -> None:
        """Nothing: outputs of components decide no verdict."""


class ProviderResource(CustomResource):
    """As ``pulumi.ProviderResource``."""

    def __init__(
        self,
        pkg: str,
        name: str,
        props: Mapping[str, Any] | None = None,
        opts: ResourceOptions | None = None,
        dependency: bool = False,
        package_ref: object = None,
    ) -> None:
        self.package = pkg
        super().__init__(f"pulumi:providers:{pkg}", name, props, opts, dependency, package_ref)


class Stash(CustomResource):
    """As ``pulumi.Stash``: what was put in comes out."""

    def __init__(self, name: str, input: Any, opts: ResourceOptions | None = None) -> None:  # noqa: A002, ANN401
        super().__init__("pulumi:index:Stash", name, {"input": input}, opts)
        inner = resolved(input)
        self.output: Output[Any] = Output(inner.plain, inner.sources | {self.urn.plain}, secret=inner.secret_)


def _urn(run: Run, type_: str, name: str, parent: Resource | None) -> str:
    above = parent.urn.plain.split("::")[2] if parent else _STACK_TYPE
    qualified = type_ if above == _STACK_TYPE else f"{above}${type_}"
    return f"urn:pulumi:{run.stack}::{PROJECT}::{qualified}::{name}"


def _providers(opts: ResourceOptions) -> dict[str, str]:
    listed = opts.providers.values() if isinstance(opts.providers, Mapping) else several(opts.providers)
    given = [each for each in (*listed, opts.provider) if each is not None]
    return {cast("ProviderResource", each).package: each.urn.plain for each in given}


def _urns(dependency: object) -> frozenset[str]:
    if isinstance(dependency, Resource) and dependency._stands_for_its_children:
        return frozenset().union(*(_urns(child) for child in dependency._children))
    if isinstance(dependency, Resource):
        return frozenset((dependency.urn.plain,))
    return dependency.sources if isinstance(dependency, Output) else frozenset()


def _caller() -> tuple[str, int]:
    """Where in the program the resource is made: the nearest public module, whose private ones only carry it out."""
    nearest: tuple[str, int] = ("", 0)
    frame: FrameType | None = sys._getframe(2)
    while frame is not None:
        file = frame.f_code.co_filename
        if not file.startswith(_RECORDER):
            name = file.rpartition("/")[2]
            if not name.startswith("_"):
                return file, frame.f_lineno
            nearest = nearest if nearest[0] else (file, frame.f_lineno)
        frame = frame.f_back
    return nearest
