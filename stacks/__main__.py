"""The program that `pulumi up` runs: settings to components to exports, the same for every stack."""

from __future__ import annotations

import sys
from typing import Final

import pulumi

from components._image_lock import ImageLockError
from stacks import _speed
from stacks.settings import Settings, SettingsError

ALREADY_EXPLAINED: Final = 32
"""The exit code by which the language host knows that the user has been told what is wrong."""


async def main() -> pulumi.Inputs:
    """Create the platform that the stack's settings describe; its outputs are the stack's."""
    try:
        settings = Settings.from_config()
        # Not before the settings are known to be right: the SDKs take a second to import.
        from stacks.wiring import create

        outputs = create(settings)
    except (SettingsError, ImageLockError, pulumi.RunError) as mistake:
        pulumi.log.error(str(mistake))
        sys.exit(ALREADY_EXPLAINED)
    await _speed.registrations()
    return outputs


_speed.stop_collecting()
_speed.keep_one_frame()
pulumi.run(main)
