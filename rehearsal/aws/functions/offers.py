"""What AWS offers: instance types, add-ons, images' parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jmespath

from rehearsal.aws.errors import AwsError
from rehearsal.aws.functions._arguments import filters_of, region_of
from rehearsal.aws.services.eks_versions import ADDON_VERSIONS

if TYPE_CHECKING:
    from rehearsal.aws.account import Account
    from rehearsal.aws.functions._arguments import Arguments

_INSTANCE_TYPE = """{
  bareMetal: BareMetal, burstablePerformanceSupported: BurstablePerformanceSupported,
  currentGeneration: CurrentGeneration, dedicatedHostsSupported: DedicatedHostsSupported,
  defaultCores: VCpuInfo.DefaultCores, defaultThreadsPerCore: VCpuInfo.DefaultThreadsPerCore,
  defaultVcpus: VCpuInfo.DefaultVCpus, ebsOptimizedSupport: EbsInfo.EbsOptimizedSupport,
  efaSupported: NetworkInfo.EfaSupported, efaMaximumInterfaces: NetworkInfo.EfaInfo.MaximumEfaInterfaces,
  gpuses: GpuInfo.Gpus[].{count: Count, manufacturer: Manufacturer, memorySize: MemoryInfo.SizeInMiB, name: Name},
  hypervisor: Hypervisor, instanceStorageSupported: InstanceStorageSupported,
  maximumNetworkCards: NetworkInfo.MaximumNetworkCards,
  maximumNetworkInterfaces: NetworkInfo.MaximumNetworkInterfaces, memorySize: MemoryInfo.SizeInMiB,
  networkPerformance: NetworkInfo.NetworkPerformance,
  supportedArchitectures: ProcessorInfo.SupportedArchitectures,
  supportedPlacementStrategies: PlacementGroupInfo.SupportedStrategies,
  supportedRootDeviceTypes: SupportedRootDeviceTypes, supportedUsagesClasses: SupportedUsageClasses,
  supportedVirtualizationTypes: SupportedVirtualizationTypes, totalGpuMemory: GpuInfo.TotalGpuMemoryInMiB,
  totalInstanceStorage: InstanceStorageInfo.TotalSizeInGB
}"""


def instance_type(account: Account, arguments: Arguments) -> dict[str, Any]:
    """``getInstanceType``."""
    region = region_of(account, arguments)
    name = arguments["instanceType"]
    found = account.call("ec2", "describe_instance_types", {"InstanceTypes": [name]}, region)["InstanceTypes"]
    shape: dict[str, Any] = jmespath.search(_INSTANCE_TYPE, found[0])
    return {"id": name, "region": region, **{key: value for key, value in shape.items() if value is not None}}


def instance_type_offerings(account: Account, arguments: Arguments) -> dict[str, Any]:
    """``getInstanceTypeOfferings``."""
    region = region_of(account, arguments)
    filters = filters_of(arguments)
    parameters: dict[str, Any] = {"Filters": filters} if filters else {}
    if arguments.get("locationType"):
        parameters["LocationType"] = arguments["locationType"]
    found = account.call("ec2", "describe_instance_type_offerings", parameters, region)["InstanceTypeOfferings"]
    return {
        "id": region,
        "instanceTypes": [each["InstanceType"] for each in found],
        "locations": [each["Location"] for each in found],
        "locationTypes": [each["LocationType"] for each in found],
        "region": region,
    }


def addon_version(account: Account, arguments: Arguments) -> dict[str, Any]:
    """``getAddonVersion``: moto knows no add-ons, so it comes from the stand-in's own list."""
    name = arguments["addonName"]
    if name not in ADDON_VERSIONS:
        raise AwsError("InvalidParameterException", f"Addon {name} specified is not supported")
    return {"id": name, "version": ADDON_VERSIONS[name], "region": region_of(account, arguments)}


def parameter(account: Account, arguments: Arguments) -> dict[str, Any]:
    """``getParameter`` of SSM: the account's own, and those of AWS that moto has (``/aws/service/…``)."""
    region = region_of(account, arguments)
    found = account.call("ssm", "get_parameter", {"Name": arguments["name"], "WithDecryption": True}, region)[
        "Parameter"
    ]
    plain = {"insecureValue": found["Value"]} if found["Type"] != "SecureString" else {}
    return {
        "id": found["Name"],
        "arn": found["ARN"],
        "name": found["Name"],
        "type": found["Type"],
        "value": found["Value"],
        "version": found["Version"],
        "region": region,
        **plain,
    }
