"""The images of this project's own programs: what `mlplatform images build` makes and `push` hands to a registry."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING, Final

from rehearsal.images.parts import Account, PythonPackages
from rehearsal.images.recipe import LayerRecipe, Recipe
from rehearsal.images.tree import file
from rehearsal.images.wheel_recipes import DEBIAN, FEAST, OTHER_AWS_SERVICES
from rehearsal.images.wheels import SITE, version

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from rehearsal.images.parts import Sources
    from rehearsal.images.tree import Entry
    from rehearsal.toolchain.tools import Tools

OWN_REPOSITORY: Final = "registry.invalid/mlplatform"
"""What our own images are called until they are pushed: a name that no registry can ever have (RFC 2606)."""

_LENGTH: Final = 12


@dataclass(frozen=True)
class Programs:
    """One of this project's packages without those below it, where the image's Python imports it from."""

    package: str

    def version(self) -> str:
        """Another text whenever a file of the package is another."""
        content = hashlib.sha256()
        for name, text in self._files().items():
            content.update(f"{name}\0{len(text)}\0".encode() + text)
        return content.hexdigest()[:_LENGTH]

    def key(self, tools: Tools) -> str:
        del tools
        return f"{self.package} {self.version()}"

    def entries(self, sources: Sources) -> Iterator[Entry]:
        del sources
        for name, text in self._files().items():
            yield file(f"{SITE}/{self.package.replace('.', '/')}/{name}", text)

    def _files(self) -> Mapping[str, bytes]:
        found = {each.name: each.read_bytes() for each in resources.files(self.package).iterdir() if each.is_file()}
        return {name: found[name] for name in sorted(found) if name.endswith(".py")}


def _controllers() -> Recipe:
    """Feast's own packages and our programs: materialisation is Feast's client, the others need AWS's, which it has."""
    programs = Programs("controllers")
    return Recipe(
        repository=f"{OWN_REPOSITORY}/controllers",
        layers=(*FEAST.layers, LayerRecipe("controllers", (programs,), expected_seconds=1)),
        version=f"{FEAST.version}-{programs.version()}",
        source=f"{FEAST.source} and this project's programs",
        user=FEAST.user,
        command=("python",),
        environment=FEAST.environment,
        directory=FEAST.directory,
    )


def _release_controller() -> Recipe:
    """Of its own, since its account may change what serves in every namespace: nothing is in it that it does not need,
    and of Feast's hundreds of packages it needs none."""
    release = version("release-controller", "kopf")
    programs = Programs("controllers.release")
    packages = PythonPackages("release-controller", without=(OTHER_AWS_SERVICES,))
    return Recipe(
        repository=f"{OWN_REPOSITORY}/release-controller",
        layers=(
            DEBIAN,
            LayerRecipe("kopf", (packages, Account("releases", 1000)), expected_seconds=5),
            LayerRecipe("release-controller", (programs,), expected_seconds=1),
        ),
        version=f"{release}-{programs.version()}",
        source=f"PyPI kopf {release} (with AWS' client) and this project's programs",
        user=1000,
        command=("python3", "-m", "controllers.release"),
    )


OWN_RECIPES: Final[Mapping[str, Recipe]] = {
    "controllers": _controllers(),
    "release-controller": _release_controller(),
}
"""By the name that the table of versions gives them."""
