"""Stack files of the production stack with as many teams as a benchmark asks for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import yaml

from components._image_lock import OTHER_LOCK
from components._versions import IMAGES

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT: Final = Path(__file__).parents[1]
PROD: Final = ROOT / "stacks/Pulumi.prod.yaml"


def prod_with(teams: int, directory: Path) -> Path:
    """The production stack's file with that many teams; those beyond its own borrow the others' GPUs."""
    document: dict[str, Any] = yaml.safe_load(PROD.read_text())
    own: list[dict[str, Any]] = document["config"]["mlplatform:teams"]
    more = (
        {"name": f"team-{number:04}", "owner": "ada.lovelace", "cost_centre": f"cc-{number:04}"}
        for number in range(len(own), teams)
    )
    document["config"]["mlplatform:teams"] = [*own, *more]
    file = directory / f"{teams}-teams" / "stacks" / PROD.name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(yaml.safe_dump(document, sort_keys=False))
    return file


def locked(directory: Path) -> Mapping[str, str]:
    """The environment in which every image has a digest, as on a stack whose images were locked."""
    images = {each.tagged: "sha256:" + "0" * 64 for each in IMAGES.values()}
    lock = directory / "images.lock.json"
    lock.write_text(json.dumps({"charts": {}, "images": images, "ours": {}}))
    return {OTHER_LOCK: str(lock)}
