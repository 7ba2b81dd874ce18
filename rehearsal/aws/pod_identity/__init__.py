"""Roles for pods: what Pod Identity's agent does on the nodes of EKS."""

from __future__ import annotations

from typing import Final

ADDRESS: Final = "169.254.170.23"
"""Where the agent answers on every node of EKS; AWS' SDKs ask no other one over plain HTTP."""
PATH: Final = "/v1/credentials"
AUDIENCE: Final = "pods.eks.amazonaws.com"
"""What the tokens are for by which the agent knows a pod."""
