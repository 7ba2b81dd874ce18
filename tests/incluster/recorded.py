"""A client that remembers what it was asked to change."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from rehearsal.kube import Kube, KubeError

if TYPE_CHECKING:
    from rehearsal.kube import Collection

Json = dict[str, Any]


class RecordedKube(Kube):
    """Answers from what it holds; ``applied`` and ``deleted`` are what was asked, in order."""

    def __init__(self) -> None:
        self.applied: list[Json] = []
        self.deleted: list[str] = []
        self._subresources: list[str] = []
        self._held: defaultdict[str, list[Json]] = defaultdict(list)
        self._objects: dict[str, Json] = {}
        self.refuses: dict[str, KubeError] = {}

    def holds(self, collection: str, *items: Json) -> None:
        """What a list of this collection is to answer, whatever it selects."""
        self._held[collection].extend(items)

    def has(self, path: str, item: Json) -> None:
        """What a request for one object is to answer."""
        self._objects[path] = item

    def applied_names(self) -> list[str]:
        """The names of what was applied, with their subresources."""
        pairs = zip(self.applied, self._subresources, strict=True)
        return ["/".join(filter(None, (item["metadata"]["name"], part))) for item, part in pairs]

    def get(self, path: str) -> Json:
        if path not in self._objects:
            raise KubeError(404, "NotFound", f"{path} not found")
        return self._objects[path]

    def list(self, path: str | Collection, *, label_selector: str = "", field_selector: str = "") -> list[Json]:
        del label_selector, field_selector
        return self._held[path if isinstance(path, str) else path.path]

    def apply(
        self,
        manifest: Json,
        *,
        field_manager: str = "",
        force: bool = True,
        subresource: str = "",
    ) -> Json:
        del field_manager, force
        if error := self.refuses.get(manifest["metadata"]["name"]):
            raise error
        self.applied.append(manifest)
        self._subresources.append(subresource)
        metadata = {**manifest["metadata"], "resourceVersion": str(len(self.applied))}
        return {**manifest, "metadata": metadata}

    def delete(self, path: str, *, grace_seconds: int | None = None, missing_ok: bool = True) -> None:
        del grace_seconds, missing_ok
        self.deleted.append(path)
