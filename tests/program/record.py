"""Runs the whole program of a stack offline, as the language host would, and prints what it registered as JSON.

`python -m tests.program.record PROJECT/stacks/Pulumi.STACK.yaml`: a process of its own for each run, because the SDK
keeps its settings in the process.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import runpy
import sys
from pathlib import Path
from typing import Any

import pulumi
import yaml
from google.protobuf.json_format import MessageToDict
from pulumi.runtime import Mocks
from pulumi.runtime.mocks import MockMonitor
from pulumi.runtime.settings import Settings, configure
from pulumi.runtime.stack import run_in_stack

from tests.components import cloud

ROOT = Path(__file__).parents[2]


class _Objects(Mocks):
    """Every object comes to be as it was asked for; identities are known only when it is not a preview."""

    def __init__(self, preview: bool) -> None:
        self._preview = preview

    def new_resource(self, args: Any) -> tuple[str | None, dict[str, Any]]:
        metadata = args.inputs.get("metadata") or {}
        identity = "/".join(filter(None, (metadata.get("namespace"), metadata.get("name", args.name))))
        outputs = dict(args.inputs)
        if args.typ == "pulumi:index:Stash":
            outputs["output"] = args.inputs["input"]
        if args.typ.startswith("aws:") and not self._preview:
            outputs = cloud.made(args.typ, args.name, args.inputs)
        return (None if self._preview else identity), outputs

    def call(self, args: Any) -> Any:
        """What is asked of the account; nothing is asked of the cluster."""
        answer = cloud.answer(args.token, args.args)
        assert answer, f"the program asks {args.token}"
        return answer


class _Recorder(MockMonitor):
    def __init__(self, mocks: Mocks) -> None:
        super().__init__(mocks)
        self.registered: dict[str, dict[str, Any]] = {}

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802
        response = super().RegisterResource(request)  # type: ignore[no-untyped-call]
        assert response.urn not in self.registered, f"registered twice: {response.urn}"
        self.registered[response.urn] = {
            "urn": response.urn,
            "type": request.type,
            "name": request.name,
            "custom": request.custom,
            "remote": request.remote,
            "parent": request.parent,
            "provider": request.provider or dict(request.providers).get("kubernetes", ""),
            "inputs": MessageToDict(request.object),
            "dependencies": sorted(request.dependencies),
            "deleted_with": request.deletedWith,
            "protect": request.protect,
            "retain_on_delete": request.retainOnDelete,
            "secret_outputs": list(request.additionalSecretOutputs),
            "outputs": None,
        }
        return response

    def RegisterResourceOutputs(self, request: Any) -> Any:  # noqa: N802
        self.registered[request.urn]["outputs"] = MessageToDict(request.outputs)
        return super().RegisterResourceOutputs(request)  # type: ignore[no-untyped-call]


class _Engine:
    def Log(self, request: Any) -> None:  # noqa: N802
        if request.severity >= 2:
            sys.stderr.write(request.message + "\n")


def main(stack_file: Path, *, preview: bool, secret: list[str]) -> None:
    """Run the program with that file's settings; `secret` are those keys that hold a secret, which the engine
    hands over in clear."""
    stack = stack_file.name.removeprefix("Pulumi.").removesuffix(".yaml")
    config = yaml.safe_load(stack_file.read_text())["config"]
    pulumi.runtime.set_all_config({key: json.dumps(value) for key, value in config.items()}, secret)
    monitor = _Recorder(_Objects(preview))
    settings = Settings(
        project="mlplatform",
        stack=stack,
        parallel=1,
        dry_run=preview,
        organization="",
        root_directory=str(stack_file.parents[1]),
    )
    settings.monitor, settings.engine = monitor, _Engine()
    configure(settings)

    def program() -> None:
        runpy.run_path(str(ROOT / "stacks"), run_name="__main__")

    asyncio.run(run_in_stack(program))
    json.dump(list(monitor.registered.values()), sys.stdout)


if __name__ == "__main__":
    arguments = argparse.ArgumentParser()
    arguments.add_argument("stack_file", type=Path)
    arguments.add_argument("--preview", action="store_true")
    arguments.add_argument("--secret", action="append", default=[])
    main(**vars(arguments.parse_args()))
