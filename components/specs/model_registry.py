"""What a human chooses about the model registry."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from components._spec import Spec
from components.specs.database import Database, InClusterDatabase
from components.specs.size import Size

HostName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9*]([a-z0-9.*-]*[a-z0-9])?(:[0-9*]{1,5})?$")]
"""A host name in lower case, with a port where clients write one; `*` stands for any part of either."""


class RegistryServer(Spec):
    """MLflow's server, which teams and the platform talk to."""

    replicas: Annotated[int, Field(ge=1, le=20)] = 2
    """Copies, spread over nodes and zones; with two or more, one may be drained at a time."""
    workers: Annotated[int, Field(ge=1, le=16)] = 2
    """Processes in each copy that answer requests. Each takes about 300 MiB, and the copy another 300 MiB."""
    size: Size = Size(cpu_millicores=500, cpu_limit_millicores=2000, memory_mib=1536)
    """One copy's size; the same for the job that brings the database to the version's schema."""
    scratch_gib: Annotated[int, Field(ge=1, le=1000)] = 20
    """Room on the node's disk for files on their way between a client and the bucket, in GiB; larger ones fail."""
    hosts: tuple[HostName, ...] = ()
    """Further names by which people reach it, through a gateway or proxy of yours; requests for others are refused."""


class ModelRegistrySpec(Spec):
    """A registry of models and a record of experiments, with a room for each team that no other team can enter."""

    server: RegistryServer = RegistryServer()
    """The server."""
    database: Database = InClusterDatabase()
    """Where experiments, models, users and what they may do are kept."""
