"""Keeps a program of thousands of resources linear in their number, and the engine's state small.

While resources are registered nothing of the program becomes garbage, yet the collector walks all of it again and
again. And the SDK, at the program's end, looks through every task that is still pending each time one completes.
The engine writes its whole state twice for each resource, so every byte of it costs.
"""

from __future__ import annotations

import asyncio
import gc
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from pulumi.runtime.proto.source_pb2 import StackTrace


def stop_collecting() -> None:
    """Switch the garbage collector off: the process ends with the program."""
    gc.disable()


def keep_one_frame() -> None:
    """Let the state say of a resource which line made it, not through which calls that line was reached.

    The calls are a tenth of the state of a whole platform, and no command of the engine shows them.
    """
    from pulumi.runtime import resource

    stack_trace = resource._get_stack_trace

    def one_frame() -> StackTrace:
        whole = stack_trace()
        del whole.frames[1:]
        return whole

    resource._get_stack_trace = one_frame


async def registrations() -> None:
    """Wait until nothing that the program has registered is pending, or until the first of it has failed.

    Takes nothing away from the SDK: it finds all tasks done, and raises whatever one of them has raised.
    """
    while waiting := {task for task in _tasks() if not task.done()}:
        done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_EXCEPTION)
        if any(task.cancelled() or task.exception() for task in done):
            return


def _tasks() -> list[asyncio.Future[object]]:
    from pulumi.runtime.settings import SETTINGS, _get_rpc_manager

    with SETTINGS.lock:
        outputs = list(SETTINGS.outputs)
    rpcs: list[Awaitable[object]] = _get_rpc_manager().rpcs
    return [*outputs, *(rpc for rpc in rpcs if isinstance(rpc, asyncio.Future))]
