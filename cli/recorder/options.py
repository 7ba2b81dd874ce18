"""What a program says of a resource beside its properties, as ``pulumi.ResourceOptions``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, Final

from cli.recorder.outputs import Output

_LISTS: Final = (
    "depends_on",
    "ignore_changes",
    "replace_on_changes",
    "aliases",
    "additional_secret_outputs",
    "transformations",
    "transforms",
    "providers",
)


@dataclass
class ResourceOptions:
    """As ``pulumi.ResourceOptions``; what does not decide a verdict is kept as it is given."""

    parent: Any = None
    depends_on: Any = None
    protect: bool | None = None
    delete_before_replace: bool | None = None
    provider: Any = None
    providers: Any = None
    ignore_changes: list[str] | None = None
    replace_on_changes: list[str] | None = None
    version: str | None = None
    aliases: Any = None
    additional_secret_outputs: list[str] | None = None
    custom_timeouts: Any = None
    transformations: Any = None
    transforms: Any = None
    urn: str | None = None
    id: Any = None
    import_: str | None = None
    retain_on_delete: bool | None = None
    deleted_with: Any = None
    plugin_download_url: str | None = None
    hooks: Any = None
    hide_diffs: Any = None
    replace_with: Any = None
    replacement_trigger: Any = None
    env_var_mappings: Any = None

    @staticmethod
    def merge(one: ResourceOptions | None, other: ResourceOptions | None) -> ResourceOptions:
        """The options of both; lists are joined, else the other's count where it has any."""
        first, second = one or ResourceOptions(), other or ResourceOptions()
        merged = ResourceOptions()
        for each in fields(ResourceOptions):
            mine, theirs = getattr(first, each.name), getattr(second, each.name)
            if each.name in _LISTS and mine is not None and theirs is not None:
                setattr(merged, each.name, [*several(mine), *several(theirs)])
            else:
                setattr(merged, each.name, mine if theirs is None else theirs)
        return merged


def several(value: object) -> list[Any]:
    """A value that may be given alone or as a list, as a list."""
    if value is None:
        return []
    if isinstance(value, Output):
        return [value]
    return list(value) if isinstance(value, Sequence) and not isinstance(value, str) else [value]
