"""A program's registrations, as its components ask for them: inputs, options and dependencies, without an engine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pulumi
from pulumi.runtime import Mocks, set_mocks
from pulumi.runtime.mocks import MockMonitor
from pulumi.runtime.rpc import deserialize_properties

from tests.components import cloud

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True)
class Registration:
    """One resource as it was registered."""

    type: str
    name: str
    inputs: dict[str, Any]
    parent: str
    dependencies: frozenset[str]
    """Names of the resources that it waits for."""
    error_hooks: tuple[str, ...]
    provider: str
    ignore_changes: tuple[str, ...]
    deleted_with: str
    protect: bool
    secret_outputs: tuple[str, ...]
    urn: str
    needs: frozenset[str]
    """URNs of the resources that must be there before it, and go after it: dependencies, parent and provider."""


class _Mocks(Mocks):
    def new_resource(self, args: Any) -> tuple[str | None, dict[str, Any]]:
        if args.typ == "pulumi:index:Stash":
            return args.name, {**args.inputs, "output": args.inputs["input"]}
        if args.typ.startswith("aws:"):
            return args.name, cloud.made(args.typ, args.name, args.inputs)
        metadata = args.inputs.get("metadata", {})
        name = metadata.get("name", args.name)
        return (f"{metadata['namespace']}/{name}" if "namespace" in metadata else name), args.inputs

    def call(self, args: Any) -> Any:
        return cloud.answer(args.token, args.args)


class _Monitor(MockMonitor):
    """Keeps what the stock monitor drops: options."""

    def __init__(self) -> None:
        super().__init__(_Mocks())
        self.seen: list[Registration] = []

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 (the protocol's name)
        response = super().RegisterResource(request)  # type: ignore[no-untyped-call]
        provider = request.provider or dict(request.providers).get("kubernetes", "")
        self.seen.append(
            Registration(
                type=request.type,
                name=request.name,
                inputs=deserialize_properties(request.object),
                parent=request.parent.split("::")[-1],
                dependencies=frozenset(urn.split("::")[-1] for urn in request.dependencies),
                error_hooks=tuple(request.hooks.on_error),
                provider=provider,
                ignore_changes=tuple(request.ignoreChanges),
                deleted_with=request.deletedWith.split("::")[-1],
                protect=request.protect,
                secret_outputs=tuple(request.additionalSecretOutputs),
                urn=response.urn,
                needs=frozenset({*request.dependencies, request.parent, provider.rpartition("::")[0]} - {""}),
            )
        )
        return response


@dataclass(frozen=True)
class Recording:
    """Everything that a program registered, in order."""

    registrations: tuple[Registration, ...]

    def named(self, name: str) -> Registration:
        """The one resource of that logical name."""
        (found,) = (each for each in self.registrations if each.name == name)
        return found

    def all_needed_by(self, one: Registration) -> set[str]:
        """Types and names, as `type name`, of everything that goes after it on destroy."""
        known = {each.urn: each for each in self.registrations}
        found: set[str] = set()
        ahead = [one]
        while ahead:
            for urn in (ahead.pop().needs & known.keys()) - found:  # the stack itself is registered once a process
                found.add(urn)
                ahead.append(known[urn])
        return {f"{known[urn].type} {known[urn].name}" for urn in found}

    def of_type(self, kind: str) -> dict[str, Registration]:
        """Resources of one AWS type, such as `ec2/vpc:Vpc`, by logical name."""
        return {each.name: each for each in self.registrations if each.type == f"aws:{kind}"}

    def of_kind(self, kind: str) -> dict[str, Registration]:
        """Objects of a Kubernetes kind by their names on the cluster; by logical name where the provider chooses."""
        return {
            each.inputs["metadata"].get("name", each.name): each
            for each in self.registrations
            if each.type.rpartition(":")[2] == kind and "metadata" in each.inputs
        }


def record(build: Callable[[], object]) -> Recording:
    """Run a program that creates resources and return what it registered."""
    monitor = _Monitor()
    set_mocks(monitor.mocks, project="mlplatform", stack="test", preview=False, monitor=monitor)

    @pulumi.runtime.test  # type: ignore[untyped-decorator]
    def run() -> None:
        build()

    run()
    return Recording(tuple(monitor.seen))
