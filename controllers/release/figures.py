"""What the controller counts, for Prometheus: releases by phase, and how its reconciliations ended."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import Iterator

_TYPE: Final = "text/plain; version=0.0.4"


class Figures:
    """Counts that begin anew with every life of the controller; all that matters is in the releases' statuses."""

    def __init__(self) -> None:
        self._phases: dict[tuple[str, str], str] = {}
        self._reconciliations: Counter[str] = Counter(done=0, refused=0, failed=0)
        self._runner: web.AppRunner | None = None

    def release(self, namespace: str, name: str, phase: str | None) -> None:
        """A release is in this phase; None: it is gone."""
        if phase is None:
            self._phases.pop((namespace, name), None)
        else:
            self._phases[namespace, name] = phase

    def reconciled(self, outcome: str) -> None:
        """A model was reconciled: `done`; or was not, `refused` by the cluster or `failed` by a mistake of ours."""
        self._reconciliations[outcome] += 1

    def text(self) -> str:
        """All of it, in Prometheus' text format."""
        return "\n".join([*self._lines(), ""])

    async def serve(self, port: int) -> None:
        """Answer at `/metrics` until closed."""
        app = web.Application()
        app.router.add_get("/metrics", self._answer)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, port=port).start()

    async def close(self) -> None:
        """Answer no more."""
        if self._runner:
            await self._runner.cleanup()

    async def _answer(self, _: web.Request) -> web.Response:
        return web.Response(body=self.text().encode(), headers={"Content-Type": _TYPE})

    def _lines(self) -> Iterator[str]:
        yield "# HELP mlplatform_releases Releases of models by namespace and phase."
        yield "# TYPE mlplatform_releases gauge"
        found = Counter((namespace, phase) for (namespace, _), phase in self._phases.items())
        for (namespace, phase), count in sorted(found.items()):
            # Not `namespace`, which is the controller's own on everything that is read from it.
            yield f'mlplatform_releases{{release_namespace="{namespace}",phase="{phase}"}} {count}'
        yield "# HELP mlplatform_release_reconciliations_total Reconciliations of models, by how they ended."
        yield "# TYPE mlplatform_release_reconciliations_total counter"
        for outcome, count in sorted(self._reconciliations.items()):
            yield f'mlplatform_release_reconciliations_total{{outcome="{outcome}"}} {count}'
