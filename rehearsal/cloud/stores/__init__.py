"""Real stores behind the names that AWS gives to managed ones, run as pods of namespaces that are the rehearsal's own.

PostgreSQL answers for RDS and Aurora, Valkey for ElastiCache, SeaweedFS for S3. Each speaks TLS with a certificate for
AWS's name, from an authority that pods of a rehearsal believe. A store keeps what it is given as long as its pod lives;
sizes, replicas, backups and parameters of the engine are not those that were asked for.
"""

from __future__ import annotations

from typing import Final

from rehearsal.cloud.stores.names import corefile
from rehearsal.cloud.stores.pods import NAMESPACES, PYTHON_IMAGE
from rehearsal.cloud.stores.servers import POSTGRES_IMAGE, S3_IMAGE, S3_PLAIN_PORT, VALKEY_IMAGE

__all__ = ["FACTORY", "IMAGES", "NAMESPACES", "S3_ENDPOINT", "corefile"]

IMAGES: Final = (POSTGRES_IMAGE, VALKEY_IMAGE, S3_IMAGE, PYTHON_IMAGE)
FACTORY: Final = "rehearsal.cloud.stores.managed:of_cluster_file"
"""How the stand-in finds what makes stores: its environment's ``MLPLATFORM_AWS_STORES``."""
S3_ADDRESS: Final = "10.96.0.32"
S3_ENDPOINT: Final = f"http://{S3_ADDRESS}:{S3_PLAIN_PORT}"
"""The store of all buckets as the rehearsal itself reaches it."""
