"""The name of an image as a pod spells it, taken apart the way every container runtime does."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_DOCKER_HUB: Final = "docker.io"
_SHAPE: Final = re.compile(
    r"(?P<path>[a-z0-9][\w./:-]*?)(?::(?P<tag>\w[\w.-]{0,127}))?(?:@(?P<digest>sha256:[0-9a-f]{64}))?",
    re.ASCII,
)


@dataclass(frozen=True)
class Reference:
    """An image's registry, its path there, and its tag or digest; Docker Hub's short names written out."""

    registry: str
    path: str
    tag: str | None
    digest: str | None

    @classmethod
    def parse(cls, text: str) -> Reference:
        """Take a reference apart; ``ValueError`` where it is none, or names neither tag nor digest."""
        found = _SHAPE.fullmatch(text)
        if not found:
            raise ValueError(f"{text!r} is no image reference")
        if not found["tag"] and not found["digest"]:
            raise ValueError(f"{text!r} has neither a tag nor a digest; write which version is meant")
        registry, slash, path = found["path"].partition("/")
        if not slash or not ("." in registry or ":" in registry or registry == "localhost"):
            registry, path = _DOCKER_HUB, found["path"]
        if registry == _DOCKER_HUB and "/" not in path:
            path = f"library/{path}"
        return cls(registry, path, found["tag"], found["digest"])

    @property
    def repository(self) -> str:
        """Registry and path: the image's name without its version."""
        return f"{self.registry}/{self.path}"

    @property
    def version(self) -> str:
        """What a registry is asked for: the digest where there is one, else the tag."""
        return self.digest or str(self.tag)

    def __str__(self) -> str:
        """The name under which a node's container runtime looks the image up."""
        return f"{self.repository}@{self.digest}" if self.digest else f"{self.repository}:{self.tag}"
