"""Runs a stack's program offline, with no engine, cluster, account or network, and keeps what it registers.

The program sees a preview in which nothing is known that a cloud or a cluster would have to say. It runs in a process
of its own (`python -m cli.recorder STACK_FILE`), because Pulumi's SDK keeps its settings in the process.
"""

from __future__ import annotations

import asyncio
import json
import os
import runpy
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cli.offline_account import answer
from cli.stack_files import PROJECT_DIRECTORY, stack_file
from rehearsal.errors import RehearsalError

_OURS: Final = "MLPLATFORM_"


@dataclass(frozen=True)
class Registration:
    """One resource as the program asks for it; what is not known before it exists is left out of ``inputs``."""

    type: str
    name: str
    parent: str
    inputs: dict[str, Any]


def registered(stack: str) -> list[Registration]:
    """Everything that the stack's program registers, in its order; takes seconds.

    RehearsalError where there is no such stack, or where its program does not run to its end.
    """
    return record(stack_file(stack))


def record(file: Path) -> list[Registration]:
    """As ``registered``, for the program with any stack file."""
    # Neither another machine's charts nor another lock: what is asked is what the project says.
    environment = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
    done = subprocess.run(
        [sys.executable, "-m", "cli.recorder", str(file)],
        cwd=PROJECT_DIRECTORY,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RehearsalError(done.stderr.strip() or f"the program of {file.name} ended with {done.returncode}")
    return [Registration(**each) for each in json.loads(done.stdout)]


def _registrations(stack_file: Path) -> list[dict[str, Any]]:
    """Run the program in this process."""
    import pulumi
    import yaml
    from google.protobuf.json_format import MessageToDict
    from pulumi.runtime import Mocks
    from pulumi.runtime.mocks import MockMonitor
    from pulumi.runtime.proto import engine_pb2
    from pulumi.runtime.settings import Settings, configure
    from pulumi.runtime.stack import run_in_stack

    seen: list[dict[str, Any]] = []

    class Objects(Mocks):
        def new_resource(self, args: Any) -> tuple[str | None, dict[str, Any]]:  # noqa: ANN401 (the SDK's own)
            outputs = dict(args.inputs)
            if args.typ == "pulumi:index:Stash":
                outputs["output"] = args.inputs["input"]
            return None, outputs

        def call(self, args: Any) -> tuple[dict[str, Any], list[tuple[str, str]]]:  # noqa: ANN401 (the SDK's own)
            return answer(args.token, args.args), []

    class Recorder(MockMonitor):
        def RegisterResource(self, request: Any) -> Any:  # noqa: ANN401, N802 (the protocol's own)
            seen.append(
                {
                    "type": request.type,
                    "name": request.name,
                    "parent": request.parent,
                    "inputs": MessageToDict(request.object),
                }
            )
            return super().RegisterResource(request)  # type: ignore[no-untyped-call]

    class Engine:
        def Log(self, request: Any) -> None:  # noqa: ANN401, N802 (the protocol's own)
            if request.severity == engine_pb2.ERROR:
                sys.stderr.write(request.message + "\n")

    config = yaml.safe_load(stack_file.read_text()).get("config", {})
    pulumi.runtime.set_all_config({key: json.dumps(value) for key, value in config.items()})
    stack = stack_file.name.removeprefix("Pulumi.").removesuffix(".yaml")
    settings = Settings(
        project="mlplatform",
        stack=stack,
        parallel=1,
        dry_run=True,
        organization="",
        root_directory=str(PROJECT_DIRECTORY),
    )
    settings.monitor, settings.engine = Recorder(Objects()), Engine()
    configure(settings)

    def program() -> None:
        runpy.run_path(str(PROJECT_DIRECTORY / "stacks"), run_name="__main__")

    asyncio.run(run_in_stack(program))
    return seen


if __name__ == "__main__":
    json.dump(_registrations(Path(sys.argv[1])), sys.stdout)
