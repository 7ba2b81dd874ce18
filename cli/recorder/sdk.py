"""The ``pulumi`` package as far as a program needs it; what it is asked for beyond that is told, never guessed."""

from __future__ import annotations

from contextlib import nullcontext
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING, Any

from cli.recorder.options import ResourceOptions
from cli.recorder.outputs import Output, finished
from cli.recorder.resources import (
    PROJECT,
    ComponentResource,
    CustomResource,
    ProviderResource,
    Resource,
    Stash,
    current,
)

if TYPE_CHECKING:
    from collections.abc import Mapping


class RunError(Exception):
    """As ``pulumi.RunError``: a mistake that the program explains."""


class _Given:
    """Something that decides no verdict: it holds what it is given."""

    def __init__(self, *values: object, **named: object) -> None:
        self.values = values
        self.__dict__.update(named)


class Unsupported(Exception):  # noqa: N818 - its text is the error
    """The program uses a part of the SDK that the recorder does not know."""


class _Package(ModuleType):
    """A module of an SDK; what it is asked for and has not is told."""

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        if name.startswith("__"):
            raise AttributeError(name)
        raise Unsupported(f"the recorder knows no {self.__name__}.{name}: add it to cli/recorder/packages.py")


def pulumi_modules(config: Mapping[str, str]) -> dict[str, ModuleType]:
    """The package and its modules, by name."""
    pulumi, runtime, log = _Package("pulumi"), _Package("pulumi.runtime"), _Package("pulumi.log")
    engine, settings = _Package("pulumi.runtime.config"), _Package("pulumi.runtime.settings")
    resource = _Package("pulumi.runtime.resource")
    errors = current.run.errors
    said = {name: lambda *_, **__: None for name in ("debug", "info", "warn")}
    log.__dict__.update(said, error=lambda message, *_, **__: errors.append(str(message)))
    engine.__dict__.update(
        get_config_env=dict, CONFIG=SimpleNamespace(get=lambda: dict(config)), is_config_secret=lambda _: False
    )
    settings.__dict__.update(
        SETTINGS=SimpleNamespace(lock=nullcontext(), outputs=[]), _get_rpc_manager=lambda: SimpleNamespace(rpcs=[])
    )
    # Of who calls, the recorder asks the interpreter itself.
    resource.__dict__.update(_get_stack_trace=None)
    runtime.__dict__.update(config=engine, settings=settings, resource=resource, is_dry_run=lambda: True)
    invokes = ("InvokeOptions", "InvokeOutputOptions")
    plain = ("Alias", "CustomTimeouts", "ErrorHook", "ResourceHook", "ResourceHookBinding", *invokes)
    pulumi.__dict__.update({name: type(name, (_Given,), {}) for name in plain})
    pulumi.__dict__.update(
        {each.__name__: each for each in (ComponentResource, CustomResource, ProviderResource, Resource)},
        Output=Output,
        ResourceOptions=ResourceOptions,
        RunError=RunError,
        Stash=Stash,
        export=lambda *_: None,
        get_organization=lambda: "organization",
        get_project=lambda: PROJECT,
        get_root_directory=lambda: str(current.run.root),
        get_stack=lambda: current.run.stack,
        log=log,
        run=lambda program: finished(program()),
        runtime=runtime,
    )
    return {
        "pulumi": pulumi,
        "pulumi.log": log,
        "pulumi.runtime": runtime,
        "pulumi.runtime.config": engine,
        "pulumi.runtime.resource": resource,
        "pulumi.runtime.settings": settings,
    }
