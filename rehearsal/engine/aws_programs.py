"""The programs that the engine knows by name and that in a rehearsal only speak to its own AWS: provider and `aws`."""

from __future__ import annotations

import shlex
import sys
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

PROVIDER_VERSION: Final = "7.51.1"
"""The version of the provider that the program asks for: that of its `pulumi-aws`."""

_PLUGIN: Final = f"resource-aws-v{PROVIDER_VERSION}"
_START: Final = '#!/bin/sh\nexec {python} -P -m {module} "$@"\n'


def install(home: Path) -> None:
    """Put them into a PULUMI_HOME: the provider among its plugins, `aws` into its `bin`."""
    _write(home / "plugins" / _PLUGIN / "pulumi-resource-aws", "rehearsal.aws.provider")
    _write(home / "bin" / "aws", "rehearsal.aws.sign_in.command")


def _write(file: Path, module: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(_START.format(python=shlex.quote(sys.executable), module=module))
    file.chmod(0o755)
