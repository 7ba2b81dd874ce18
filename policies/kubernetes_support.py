"""Until when Amazon EKS supports each version of Kubernetes as standard. Renew it when AWS releases a version.

Source: the release calendar of the EKS user guide, "Understand the Kubernetes version lifecycle on EKS"; the same
dates come from `aws eks describe-cluster-versions`. Kubernetes itself ends its support of a version at another day,
which no rule asks for. `components/specs/eks_versions.py` has the same dates, for who writes a stack file; policies
know no component, so a test holds the two together.
"""

from __future__ import annotations

from typing import Final

AS_OF: Final = "2026-11-22"
"""When the dates were read."""

EKS_STANDARD_SUPPORT_ENDS: Final = {
    "1.33": "2026-07-29T00:00:00Z",
    "1.34": "2026-12-02T00:00:00Z",
    "1.35": "2027-03-27T00:00:00Z",
    "1.36": "2027-08-02T00:00:00Z",
}
"""The first day without standard support, by version. A version that is not here is not supported."""
