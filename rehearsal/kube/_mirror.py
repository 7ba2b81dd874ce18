"""Mirrors: what the API server holds, kept current by watches."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Self

from rehearsal.kube._errors import KubeError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from rehearsal.kube._client import Kube
    from rehearsal.kube._watch import Collection, Json, Watch

_LEG_SECONDS = 60.0  # how long one watch lasts before the next takes over from the version that it reached
_PAUSE_SECONDS = 0.3  # between attempts while the API server does not answer


class Mirror:
    """The objects of some collections, current as long as the context is open.

    Entering waits until every collection was read once, at most ``timeout`` seconds, and raises the
    ``KubeError`` of one that cannot be read. Later the mirror outlives restarts of the API server: it shows
    what it last saw, ``error`` says why it is not newer, and it catches up by itself.
    """

    def __init__(self, kube: Kube, collections: Sequence[Collection], *, timeout: float = 30.0) -> None:
        self._kube = kube
        self._timeout = timeout
        self._objects: dict[Collection, dict[str, Json]] = {}
        self._watches: dict[Collection, Watch] = {}
        self._errors: dict[Collection, KubeError] = {}
        self._news = threading.Condition()
        self._changed = False
        self._stopping = threading.Event()
        self._threads = [
            threading.Thread(target=self._follow, args=(each,), daemon=True, name=f"mirror {each.path}")
            for each in collections
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        with self._news:
            read = self._news.wait_for(lambda: len(self._objects) == len(self._threads), self._timeout)
            error = self.error
        if not read:
            self._stop()
            raise error or KubeError(0, "NoAnswer", f"{self._kube.server} did not answer in time")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    @property
    def error(self) -> KubeError | None:
        """Why one of the collections is not current, if so."""
        return next(iter(self._errors.values()), None)

    def objects(self, collection: Collection) -> list[Json]:
        """What the collection holds now; to be read, not changed."""
        with self._news:
            return list(self._objects[collection].values())

    def wait(self, timeout: float | None = None) -> bool:
        """Block until something changed since the last call; False when ``timeout`` seconds pass before."""
        with self._news:
            changed = self._news.wait_for(lambda: self._changed, timeout)
            self._changed = False
            return changed

    def _stop(self) -> None:
        self._stopping.set()
        with self._news:
            for watch in self._watches.values():
                watch.close()
        for thread in self._threads:
            thread.join()

    def _follow(self, collection: Collection) -> None:
        while not self._stopping.is_set():
            try:
                version = self._read(collection)
                while not self._stopping.is_set():
                    version = self._watch(collection, version)
            except KubeError as error:
                with self._news:
                    self._errors[collection] = error
                if not error.expired:
                    self._stopping.wait(_PAUSE_SECONDS)

    def _read(self, collection: Collection) -> str:
        page = self._kube.page(collection)
        with self._news:
            self._objects[collection] = {_key(item): item for item in page.items}
            self._errors.pop(collection, None)
            self._tell()
        return page.version

    def _watch(self, collection: Collection, version: str) -> str:
        started = time.monotonic()
        with self._kube.watch(collection, timeout=_LEG_SECONDS, resource_version=version) as watch:
            with self._news:
                self._watches[collection] = watch
                self._errors.pop(collection, None)
            if self._stopping.is_set():
                return version
            for event in watch:
                self._record(collection, event.object, deleted=event.type == "DELETED")
        if time.monotonic() - started < _PAUSE_SECONDS:
            self._stopping.wait(_PAUSE_SECONDS)  # a server that goes down ends watches as soon as they start
        return watch.version

    def _record(self, collection: Collection, item: Json, *, deleted: bool) -> None:
        with self._news:
            if deleted:
                self._objects[collection].pop(_key(item), None)
            else:
                self._objects[collection][_key(item)] = item
            self._tell()

    def _tell(self) -> None:
        self._changed = True
        self._news.notify_all()


def _key(item: Json) -> str:
    metadata = item["metadata"]
    return f"{metadata.get('namespace', '')}/{metadata['name']}"
