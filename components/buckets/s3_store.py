"""SeaweedFS as the platform runs it: one pod, rights by folder, lifecycle rules that are really applied.

All processes of the store share one pod, and all but S3 and metrics listen on its loopback: master, volume server,
filer and administration take orders from anyone who reaches them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pulumi

from components.kubernetes.workload import Container, Mount, Pod, http_get, probe, secret_volume, tcp_connect

if TYPE_CHECKING:
    from collections.abc import Iterable

    from components.buckets.access import AccessKey
    from components.specs.artifact_bucket import InClusterBucketSpec

APP: Final = "seaweedfs"
S3_PORT: Final = 8333
METRICS_PORT: Final = 9327
USER: Final = 1000
_REGION: Final = "us-east-1"
_UNFINISHED_UPLOAD_DAYS: Final = 7


@dataclass(frozen=True)
class Party:
    """Somebody whom the store knows, and the folder that is theirs."""

    key: AccessKey
    prefix: str
    """The folder, ending in a slash; empty: the whole bucket."""
    writes: bool = True
    """Whether it may change what is there."""


def environment(endpoint: str) -> dict[str, pulumi.Input[str]]:
    """What AWS' tools need besides credentials to reach the store at this address."""
    return {"AWS_ENDPOINT_URL": endpoint, "AWS_DEFAULT_REGION": _REGION}


def identities(bucket: str, admin: Party, others: Iterable[Party]) -> pulumi.Output[str]:
    """The store's file of who may do what.

    A right on `bucket/*` covers objects only. One on `bucket` would let its holder replace the lifecycle rules. Who
    reads a folder may ask whether the bucket is there (HeadBucket), as KServe does before it fetches a model. The
    store takes a right on `bucket` for one on all that is in it, but one on `bucke?` for one on the bucket alone.
    """
    known = [_identity(admin, ["Admin", "Read", "Write", "List", "Tagging"])]
    for party in others:
        folder = f"{bucket}/{party.prefix}*"
        listed = folder if party.prefix else bucket
        changes = [f"Write:{folder}", f"Tagging:{folder}"] if party.writes else []
        known.append(_identity(party, [f"Read:{folder}", f"Read:{bucket[:-1]}?", *changes, f"List:{listed}"]))
    return pulumi.Output.json_dumps({"identities": known})


def settings(spec: InClusterBucketSpec) -> dict[str, Any]:
    """What `controllers/bucket_setup.py` brings the bucket to."""
    rules = [_rule(rule.prefix, rule.expire_days, rule.expire_noncurrent_days) for rule in spec.lifecycle]
    unfinished = {
        "ID": "unfinished-uploads",
        "Filter": {"Prefix": ""},
        "Status": "Enabled",
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": _UNFINISHED_UPLOAD_DAYS},
    }
    return {"bucket": spec.name, "versioned": spec.versioned, "rules": [*rules, unfinished]}


def pod(spec: InClusterBucketSpec, identities_secret: pulumi.Input[str]) -> Pod:
    """The store, with the two processes that apply lifecycle rules: one gives the orders, one carries them out."""
    server = Container(
        "server",
        APP,
        spec.size,
        command=("weed", *_SERVER),
        ports={"s3": S3_PORT, "metrics": METRICS_PORT},
        mounts=(Mount("/data", "data", writable=True), Mount("/etc/seaweedfs", "identities")),
        probes={
            "startup": probe(2, 60, http_get("/healthz", "s3")),
            "readiness": probe(5, 3, http_get("/healthz", "s3")),
            "liveness": probe(20, 6, tcp_connect("s3")),
        },
    )
    housekeepers = [
        Container(name, APP, spec.housekeeping, command=("weed", *arguments))
        for name, arguments in _HOUSEKEEPERS.items()
    ]
    return Pod(
        APP,
        USER,
        [server, *housekeepers],
        volumes=[secret_volume("identities", identities_secret)],
        metrics_port=METRICS_PORT,
        # It hands its volumes over and ends open requests, which took 18 seconds when measured.
        grace_seconds=60,
    )


def _identity(party: Party, actions: list[str]) -> dict[str, Any]:
    keys = {"accessKey": party.key.identity, "secretKey": party.key.secret}
    return {"name": party.key.identity, "credentials": [keys], "actions": actions}


def _rule(prefix: str, expire_days: int | None, expire_noncurrent_days: int | None) -> dict[str, Any]:
    rule: dict[str, Any] = {"ID": prefix.strip("/"), "Filter": {"Prefix": prefix}, "Status": "Enabled"}
    if expire_days is not None:
        rule["Expiration"] = {"Days": expire_days}
    if expire_noncurrent_days is not None:
        rule["NoncurrentVersionExpiration"] = {"NoncurrentDays": expire_noncurrent_days}
    return rule


_SERVER: Final = (
    "server",
    "-dir=/data",
    "-ip=127.0.0.1",
    "-ip.bind=127.0.0.1",
    "-filer",
    "-s3",
    "-s3.ip.bind=0.0.0.0",
    f"-s3.port={S3_PORT}",
    "-s3.port.iceberg=0",
    "-s3.port.lance=0",
    "-s3.config=/etc/seaweedfs/s3.json",
    "-s3.iam=false",
    "-metricsIp=0.0.0.0",
    f"-metricsPort={METRICS_PORT}",
    # It would send statistics to its makers.
    "-master.telemetry=false",
    # Alone in its cluster, it need not wait ten seconds for other candidates.
    "-master.electionTimeout=1s",
    "-master.volumeSizeLimitMB=1024",
    "-volume.max=0",
    "-volume.minFreeSpace=1GiB",
    "-volume.preStopSeconds=1",
)

_HOUSEKEEPERS: Final = {
    "administration": ("admin", "-ip=127.0.0.1", "-master=127.0.0.1:9333", "-dataDir=/tmp"),
    "lifecycle": ("worker", "-admin=127.0.0.1:23646", "-jobType=s3_lifecycle", "-workingDir=/tmp"),
}
