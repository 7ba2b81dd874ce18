"""What a human chooses about the guardrails in the cluster."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from components._spec import Spec

NamespaceName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$")]
"""The name of a Kubernetes namespace."""


class GuardrailsSpec(Spec):
    """The platform's rules as admission policies: the API server asks them about every object, whoever brings it."""

    enabled: bool = True
    """Install them. Without them the rules are asked in pull requests and by `pulumi up` only."""
    stage: Literal["audit", "warn", "deny"] = "deny"
    """What happens to an object that breaks a rule. `audit`: the audit log says so. `warn`: whoever brings it is told
    too. `deny`: it is refused (advisory rules warn at most). On a cluster with workloads of others begin with `audit`,
    and go on when the log is quiet."""
    fill_in: bool = False
    """Whether safe values are filled in where an object has none, as `pulumi up` does; needs Kubernetes 1.36."""
    left_alone: tuple[NamespaceName, ...] = Field(
        default=("kube-system", "kube-public", "kube-node-lease", "cert-manager")
    )
    """Namespaces that the rules do not judge in the cluster: those of Kubernetes itself, whose network and proxies need
    the machine, and of cert-manager, which is there before the platform."""
