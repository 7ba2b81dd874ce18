"""How the names that AWS gives to managed stores lead to them inside the cluster.

The rules know the forms of the names and no single store, so that DNS need not be told when one is made.
"""

from __future__ import annotations

from typing import Final

from rehearsal.cloud.stores.pods import NAMESPACES

DOMAIN: Final = "amazonaws.com"
S3: Final = "s3"
"""The one Service of all buckets."""

_CLUSTER: Final = "svc.cluster.local"
_IDENTIFIER: Final = "([a-z][a-z0-9-]*)"
_WORD: Final = "[a-z0-9]+"
_REGION: Final = "[a-z0-9-]+"
_RULES: Final = (
    # A cluster's writer, reader and own endpoints, then a single instance.
    (rf"^{_IDENTIFIER}\.cluster-(?:ro-|custom-)?{_WORD}\.{_REGION}\.rds\.amazonaws\.com\.$", "{1}", "postgres"),
    (rf"^{_IDENTIFIER}\.{_WORD}\.{_REGION}\.rds\.amazonaws\.com\.$", "{1}", "postgres"),
    # With TLS a role comes first, without it a number may follow; the last word is a short name of the region.
    (
        rf"^(?:(?:master|replica|clustercfg)\.)?{_IDENTIFIER}\.{_WORD}(?:\.ng\.[0-9]+)?\.{_WORD}\.cache\.amazonaws\.com\.$",
        "{1}",
        "valkey",
    ),
    # A bucket's name may be part of the host's, and hold dots.
    (rf"^(?:.+\.)?s3(?:[.-]{_REGION})?\.amazonaws\.com\.$", S3, "s3"),
)


def s3_hosts(region: str) -> tuple[str, ...]:
    """The host names of S3 in a region, for a certificate: its own, and those that begin with a bucket's name."""
    own = (f"s3.{region}.{DOMAIN}", f"s3.{DOMAIN}")
    return (*own, *(f"*.{host}" for host in own))


def corefile(port: int) -> str:
    """The block of CoreDNS' configuration for AWS's domain; the same server has a block for the cluster's."""
    rules = "\n".join(
        f"    rewrite stop name regex {form} {service}.{NAMESPACES[kind]}.{_CLUSTER} answer auto"
        for form, service, kind in _RULES
    )
    return f"""\
{DOMAIN}:{port} {{
    errors
{rules}
    template ANY ANY {DOMAIN} {{
        rcode NXDOMAIN
    }}
    forward . 127.0.0.1:{port}
}}
"""
