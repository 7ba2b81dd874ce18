"""The programs of a Kubernetes cluster, as a rehearsal runs them."""

from __future__ import annotations

from typing import Final

ROOTS: Final = "roots.pem"
"""Among the certificates: whom pods believe. The cluster puts it into every namespace."""
