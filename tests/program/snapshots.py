"""What every stack file comes to, kept as text, so that a change of it is seen by whoever reviews one.

`python -m tests.program.snapshots` writes all files below `tests/program/snapshots/` anew: for each stack its settings
with all defaults, and the tree of what its program registers.
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Final

from stacks.settings import Settings
from tests.program.recording import STACK_FILES, recorded, stack_name, without_digest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.program.recording import Recording

DIRECTORY: Final = Path(__file__).with_name("snapshots")
REFRESH: Final = "python -m tests.program.snapshots"


def settings_text(stack_file: Path) -> str:
    """Every setting of the stack, chosen or by default."""
    settings = Settings.load(stack_file).model_dump(mode="json")
    return json.dumps(settings, indent=2, ensure_ascii=False) + "\n"


def tree_text(program: Recording) -> str:
    """Every resource by type and name, below the one that it belongs to."""
    children: defaultdict[str, list[str]] = defaultdict(list)
    for resource in program.resources.values():
        children[resource.parent].append(resource.urn)

    def lines(urn: str, depth: int) -> Iterator[str]:
        resource = program.resources[urn]
        yield f"{'  ' * depth}{resource.type} {without_digest(resource.name)}"
        for _, child in sorted((without_digest(child), child) for child in children[urn]):
            yield from lines(child, depth + 1)

    return "".join(f"{line}\n" for root in children[""] for line in lines(root, 0))


def wanted(stack_file: Path) -> dict[Path, str]:
    """The files of one stack."""
    name = stack_name(stack_file)
    return {
        DIRECTORY / f"{name}.settings.json": settings_text(stack_file),
        DIRECTORY / f"{name}.tree.txt": tree_text(recorded(stack_file)),
    }


def main() -> None:
    """Write all of them, and remove those of stacks that are gone."""
    texts = {path: text for stack_file in STACK_FILES for path, text in wanted(stack_file).items()}
    DIRECTORY.mkdir(exist_ok=True)
    for path in set(DIRECTORY.iterdir()) - set(texts):
        path.unlink()
    for path, text in texts.items():
        if not path.exists() or path.read_text() != text:
            path.write_text(text)
            sys.stdout.write(f"written: {path.name}\n")


if __name__ == "__main__":
    main()
