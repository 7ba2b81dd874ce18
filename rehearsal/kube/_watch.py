"""Watches: the changes of a collection, one after the other, as the API server sends them."""

from __future__ import annotations

import contextlib
import http
import http.client
import json
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Self
from urllib.parse import urlencode

from rehearsal.kube._errors import KubeError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import TracebackType

Json = dict[str, Any]


class Event(NamedTuple):
    """One change: ``object`` is the new state, or the last one before the object was deleted."""

    type: Literal["ADDED", "MODIFIED", "DELETED"]
    object: Json


@dataclass(frozen=True)
class Collection:
    """Which objects to list or watch: all at ``path`` that match, whole or only their metadata."""

    path: str
    label_selector: str = ""
    field_selector: str = ""
    metadata_only: bool = False

    def query(self, **more: object) -> str:
        """The path with its query, to which ``more`` is added; empty values are left out."""
        selectors = {"labelSelector": self.label_selector, "fieldSelector": self.field_selector}
        query = {key: value for key, value in {**selectors, **more}.items() if value}
        return f"{self.path}?{urlencode(query)}" if query else self.path

    def accept(self, kind: Literal["", "List"] = "") -> str:
        """The content type to ask for: of one object or of a list."""
        form = f";as=PartialObjectMetadata{kind};g=meta.k8s.io;v=v1" if self.metadata_only else ""
        return f"application/json{form}"


class Page(NamedTuple):
    """What a collection held at one moment, and the resource version of that moment."""

    items: list[Json]
    version: str


class Watch:
    """The events of a collection, to iterate over once.

    Iterating ends when the server ends the watch, when the connection breaks, and when any thread closes it.
    It raises ``KubeError``, with code 410 when the resource version to start from is too old.
    ``version`` is the resource version that the watch has reached: where another one can go on.
    """

    def __init__(
        self, connection: http.client.HTTPSConnection, query: str, headers: Mapping[str, str], version: str = ""
    ) -> None:
        self.version = version
        self._connection = connection
        try:
            connection.request("GET", query, headers=dict(headers))
            # Kept because http.client forgets it when the reply says that the connection ends with it.
            self._socket: socket.socket | None = connection.sock
            self._response = connection.getresponse()
            if self._response.status != http.HTTPStatus.OK:
                raise KubeError.from_reply(self._response.status, self._response.read())
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            raise KubeError.no_answer(connection.host, error) from error
        except KubeError:
            connection.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._release()

    def __iter__(self) -> Iterator[Event]:
        try:
            while line := self._response.readline():
                event = json.loads(line)
                if event["type"] == "ERROR":
                    raise KubeError.from_status(event["object"])
                self.version = event["object"]["metadata"]["resourceVersion"]
                if event["type"] != "BOOKMARK":  # which only tells the version
                    yield Event(event["type"], event["object"])
        except (OSError, http.client.HTTPException, ValueError):
            return  # cut in the middle of a line: the caller knows how far it came and asks again
        finally:
            self._release()

    def close(self) -> None:
        """End the watch, also while another thread waits for its next event."""
        if self._socket is not None:
            # The plain socket's shutdown: TLS's own would take the session away under the reading thread.
            with contextlib.suppress(OSError):
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)

    def _release(self) -> None:
        self._response.close()
        self._connection.close()
