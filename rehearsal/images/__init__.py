"""The images of a rehearsal's pods, without a registry or a container build tool: see `docs/images.md`."""

from rehearsal.images.store import ImageStore, Origin, Source, StoredImage, foreseen, needed_tools

__all__ = ["ImageStore", "Origin", "Source", "StoredImage", "foreseen", "needed_tools"]
