"""The few requests that the controller makes of the API server, besides the watches that kopf keeps."""

from __future__ import annotations

import http
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import aiohttp

if TYPE_CHECKING:
    import kopf

Json = dict[str, Any]

FIELD_MANAGER: Final = "mlplatform-releases"
_TOKEN: Final = Path("/var/run/secrets/kubernetes.io/serviceaccount/token")
_SECONDS: Final = 30


class RefusedError(Exception):
    """The API server refused a request; `code` is its HTTP status."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


class Cluster:
    """The API server that kopf watches too."""

    def __init__(self, login: kopf.ConnectionInfo) -> None:
        self._server, self._token = login.server, login.token
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=login.as_ssl_context()), timeout=aiohttp.ClientTimeout(total=_SECONDS)
        )

    async def close(self) -> None:
        """End its connections."""
        await self._session.close()

    async def get(self, path: str) -> Json | None:
        """The object at the path; None where there is none."""
        try:
            return await self._ask("GET", path)
        except RefusedError as refusal:
            if refusal.code == http.HTTPStatus.NOT_FOUND:
                return None
            raise

    async def list(self, path: str) -> list[Json]:
        """The objects of a collection."""
        items: list[Json] = (await self._ask("GET", path))["items"]
        return items

    async def create(self, path: str, manifest: Json) -> Json | None:
        """The created object; None where there is one of that name."""
        try:
            return await self._ask("POST", path, manifest)
        except RefusedError as refusal:
            if refusal.code == http.HTTPStatus.CONFLICT:
                return None
            raise

    async def apply(self, path: str, manifest: Json) -> Json:
        """Bring an object to this, whoever changed it."""
        query = f"?fieldManager={FIELD_MANAGER}&force=true"
        return await self._ask("PATCH", path + query, manifest, "application/apply-patch+yaml")

    async def replace(self, path: str, manifest: Json) -> Json:
        """Replace an object that has not changed since it was read; RefusedError with 409 where it has."""
        return await self._ask("PUT", path, manifest)

    async def delete(self, path: str) -> None:
        """See that an object goes, with what it owns."""
        try:
            await self._ask("DELETE", path, {"propagationPolicy": "Background"})
        except RefusedError as refusal:
            if refusal.code != http.HTTPStatus.NOT_FOUND:
                raise

    async def _ask(self, method: str, path: str, body: Json | None = None, form: str = "application/json") -> Json:
        headers = {"Accept": "application/json", "Content-Type": form}
        if self._token:
            # The kubelet replaces the file every hour.
            headers["Authorization"] = f"Bearer {_TOKEN.read_text() if _TOKEN.exists() else self._token}"
        async with self._session.request(method, self._server + path, json=body, headers=headers) as answer:
            data: Json = await answer.json()
            if answer.status >= http.HTTPStatus.BAD_REQUEST:
                raise RefusedError(answer.status, data.get("message", f"HTTP {answer.status}"))
            return data
