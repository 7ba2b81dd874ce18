"""Where a store of the platform keeps its data."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from components._spec import Spec

StorageClass = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$")]
"""The name of a Kubernetes StorageClass."""


class Storage(Spec):
    """One volume of a store's pod."""

    gib: int = Field(ge=1)
    """Size in GiB."""
    storage_class: StorageClass | None = None
    """StorageClass of the volume claim; absent: the cluster's default one."""
    ephemeral: bool = False
    """Keep the data in the pod's own scratch space: it survives a restart of the container, not the loss of
    the pod. For disposable stacks and for clusters that cannot provision volumes."""

    @model_validator(mode="after")
    def _scratch_space_has_no_class(self) -> Self:
        if self.ephemeral and self.storage_class is not None:
            raise ValueError("is ephemeral but has a storage_class; scratch space has none, leave one out")
        return self
