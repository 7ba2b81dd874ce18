"""Keeps a program of thousands of resources linear in their number.

While resources are registered nothing of the program becomes garbage, yet the collector walks all of it again and
again. And the SDK, at the program's end, looks through every task that is still pending each time one completes.
"""

from __future__ import annotations

import asyncio
import gc
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable


def stop_collecting() -> None:
    """Switch the garbage collector off: the process ends with the program."""
    gc.disable()


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
