"""How a release's servers do, as Prometheus has it from the servers themselves."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import aiohttp

from controllers.release.machine import Reading
from controllers.release.states import Outcome, Verdict

if TYPE_CHECKING:
    from datetime import timedelta

_SECONDS: Final = 10
# Names of the metrics of both model servers; each answers with its own, and neither with the other's.
_COUNTS: Final = {
    "http_requests_total": ('handler=~"/v1/.+"', 'status="5xx"'),
    "rest_server_requests_total": ('path=~".+/infer"', 'status_code=~"5.."'),
}
_DURATIONS: Final = {
    "http_request_duration_seconds_bucket": 'handler=~"/v1/.+"',
    "rest_server_request_duration_seconds_bucket": 'path=~".+/infer"',
}


def queries(namespace: str, release: str, window: timedelta) -> dict[str, str]:
    """The questions to Prometheus: requests, errors among them, and seconds that 99 of 100 stay below."""
    whose = f'job="models", namespace="{namespace}", model="{release}"'
    span = f"[{int(window.total_seconds())}s]"

    def counted(*, errors: bool) -> str:
        return " or ".join(
            f"sum(increase({name}{{{whose}, {path}{', ' + failed if errors else ''}}}{span}))"
            for name, (path, failed) in _COUNTS.items()
        )

    slow = " or ".join(
        f"histogram_quantile(0.99, sum by (le) (rate({name}{{{whose}, {path}}}{span})))"
        for name, path in _DURATIONS.items()
    )
    return {"requests": counted(errors=False), "errors": counted(errors=True), "seconds": slow}


class Metrics:
    """Prometheus, and the servers themselves."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_SECONDS))

    async def close(self) -> None:
        """End its connections."""
        await self._session.close()

    async def reading(self, namespace: str, release: str, window: timedelta) -> Reading | None:
        """What is measured over the window; None where Prometheus does not answer or knows nothing.

        Without a reading a canary neither grows nor is rolled back: nothing is known of it, good or bad.
        """
        asked = queries(namespace, release, window)
        try:
            found = {name: await self._value(query) for name, query in asked.items()}
        except (aiohttp.ClientError, TimeoutError):
            return None
        if not found["requests"]:
            return None
        seconds = found["seconds"]
        return Reading(found["requests"], found["errors"] / found["requests"], 0.0 if math.isnan(seconds) else seconds)

    async def smoke(self, url: str, body: str) -> Verdict:
        """Whether servers answer a request; Pending where they cannot be reached yet."""
        try:
            async with self._session.post(url, data=body, headers={"Content-Type": "application/json"}) as answer:
                text = (await answer.read())[:200].decode(errors="replace")
                passed = answer.ok
        except (aiohttp.ClientError, TimeoutError) as error:
            return Verdict(Outcome.PENDING, str(error), input=url)
        outcome = Outcome.PASSED if passed else Outcome.FAILED
        return Verdict(outcome, "" if passed else f"HTTP {answer.status}: {text}", input=url)

    async def _value(self, query: str) -> float:
        async with self._session.get(f"{self._url}/api/v1/query", params={"query": query}) as answer:
            answer.raise_for_status()
            result = (await answer.json())["data"]["result"]
        return float(result[0]["value"][1]) if result else 0.0
