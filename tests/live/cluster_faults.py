"""What is wrong with a cluster, its network or its machines, in one line each; nothing where all is well."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from components.specs.cluster import EksClusterSpec

LOGS: Final = {"api", "audit", "authenticator", "controllerManager", "scheduler"}
"""All that a control plane of EKS can write down."""


def cluster_faults(cluster: Mapping[str, Any], spec: EksClusterSpec) -> Iterator[str]:
    """How an EKS cluster, as `DescribeCluster` has it, is other than the stack file or good practice want it."""
    if cluster["status"] != "ACTIVE":
        yield f"the cluster is {cluster['status']}"
    if cluster["version"] != spec.kubernetes_version:
        yield f"Kubernetes is {cluster['version']}, not {spec.kubernetes_version}"
    written = {
        kind
        for setup in cluster.get("logging", {}).get("clusterLogging", [])
        if setup.get("enabled")
        for kind in setup["types"]
    }
    if missing := LOGS - written:
        yield f"the control plane does not write down {', '.join(sorted(missing))}"
    encrypted = {kind for each in cluster.get("encryptionConfig") or [] for kind in each["resources"]}
    if "secrets" not in encrypted:
        yield "Secrets are not encrypted with a key of the account's own"
    yield from _endpoint_faults(cluster["resourcesVpcConfig"], spec)


def entry_faults(cluster: Mapping[str, Any]) -> Iterator[str]:
    """Whether access entries alone decide who may enter."""
    if cluster.get("accessConfig", {}).get("authenticationMode") != "API":
        yield "who may enter is not decided by access entries alone"


def deletion_faults(cluster: Mapping[str, Any]) -> Iterator[str]:
    """Whether one call is enough to delete the cluster."""
    if not cluster.get("deletionProtection"):
        yield "the cluster is not protected from deletion"


def _endpoint_faults(vpc: Mapping[str, Any], spec: EksClusterSpec) -> Iterator[str]:
    if not vpc.get("endpointPrivateAccess"):
        yield "nodes reach the API server over the internet"
    allowed = set(spec.endpoint.allowed_cidrs)
    found = set(vpc.get("publicAccessCidrs") or ()) if vpc.get("endpointPublicAccess") else set()
    if found != allowed:
        yield f"the API server is open to {sorted(found)}, not to {sorted(allowed)}"


def node_group_faults(group: Mapping[str, Any], public_subnets: set[str]) -> Iterator[str]:
    """What a managed node group must be: alive, in private subnets, without a way in by SSH."""
    name = group["nodegroupName"]
    if group["status"] != "ACTIVE":
        yield f"{name}: is {group['status']}"
    if outside := set(group["subnets"]) & public_subnets:
        yield f"{name}: its nodes are in public subnets {sorted(outside)}"
    # With a launch template it is the template that says so.
    if group.get("remoteAccess") and not group.get("launchTemplate"):
        yield f"{name}: its nodes can be entered by SSH"


def launch_template_faults(name: str, data: Mapping[str, Any]) -> Iterator[str]:
    """What machines of a launch template must be: asked for a session by whoever wants their role, with encrypted
    disks, without a key for SSH."""
    metadata = data.get("MetadataOptions", {})
    if metadata.get("HttpTokens") != "required":
        yield f"{name}: a pod can take the machine's role by a plain request (IMDSv1)"
    if metadata.get("HttpPutResponseHopLimit", 1) != 1:
        yield f"{name}: pods reach the machine's metadata"
    for disk in data.get("BlockDeviceMappings", []):
        if not disk["Ebs"].get("Encrypted"):
            yield f"{name}: disk {disk['DeviceName']} is not encrypted"
    if data.get("KeyName"):
        yield f"{name}: has a key for SSH"


def security_group_faults(group: Mapping[str, Any]) -> Iterator[str]:
    """Whether the whole internet is let in."""
    for rule in group["IpPermissions"]:
        ranges = [each["CidrIp"] for each in rule.get("IpRanges", [])]
        ranges += [each["CidrIpv6"] for each in rule.get("Ipv6Ranges", [])]
        if {"0.0.0.0/0", "::/0"} & set(ranges):
            yield f"{group['GroupName']}: lets in everybody, on port {rule.get('FromPort', 'any')}"


def default_group_faults(group: Mapping[str, Any]) -> Iterator[str]:
    """The group that AWS makes with a VPC is to let nothing in or out."""
    if group["IpPermissions"] or group["IpPermissionsEgress"]:
        yield f"the default security group of {group['VpcId']} has rules"


def quota_faults(have: float, need: float, what: str) -> Iterator[str]:
    """Whether the account may have what the stack file asks for."""
    if have < need:
        yield f"{what}: the account may have {have:g}, the stack needs {need:g}; ask AWS for more"
