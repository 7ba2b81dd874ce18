"""The programs of a Kubernetes cluster, as a rehearsal runs them."""

from __future__ import annotations

from typing import Final

ROOTS: Final = "roots.pem"
"""Among the certificates: whom pods believe. The cluster puts it into every namespace."""

PAUSE_IMAGE: Final = "registry.k8s.io/pause:3.10.1"
"""Does nothing; it holds the namespaces of every pod."""
DNS_IMAGE: Final = "registry.k8s.io/coredns/coredns:v1.14.7"
"""The cluster's DNS."""
