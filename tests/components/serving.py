"""Two models to be served, and what a GpuServingPool makes of models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pulumi

from components.buckets.access import AccessKey, BucketAccess
from components.gpu_serving_pool import GpuServingPool, GpuServingPoolArgs
from components.specs.gpu_serving_pool import GpuServingPoolSpec
from tests.components.aws_place import cluster_on_aws
from tests.components.platform import CAPACITY, NAMESPACES, cluster
from tests.components.recorded import record

if TYPE_CHECKING:
    from collections.abc import Sequence

    from components.kubernetes.cluster import Cluster
    from tests.components.recorded import Recording

COMMIT = "7ae557604adf67be50417f59c2c2f167def9a775"
DIGEST = "c0ffee" + "0" * 58
CHAT: dict[str, Any] = {
    "name": "chat",
    "team": "language",
    "format": "llm",
    "uri": f"hf://Qwen/Qwen2.5-0.5B-Instruct:{COMMIT}",
    "pool": "l4",
    "gpus": 2,
    "system_id": "assistant",
    "risk_class": "limited",
    "intended_use": "answers questions about our products",
}
SCRATCHES: dict[str, Any] = {
    "name": "scratches",
    "team": "vision",
    "format": "sklearn",
    "uri": f"oci://registry.example.org/models/scratches@sha256:{DIGEST}",
    "replicas": 1,
    "system_id": "defect-detection",
    "risk_class": "high",
    "intended_use": "finds scratches on cast parts",
}


class Store:
    """A bucket of models whose access is by key, or by role."""

    def __init__(self, key: AccessKey | None) -> None:
        self.bucket = pulumi.Output.from_input("artifacts")
        self._key = key

    def models(self, team: str, folders: Sequence[str]) -> BucketAccess:
        environment = {"AWS_ENDPOINT_URL": "http://s3.example:8333", "AWS_DEFAULT_REGION": "us-east-1"}
        rights = [{"Sid": team, "Effect": "Allow", "Action": "s3:GetObject", "Resource": list(folders)}]
        return BucketAccess("artifacts", f"teams/{team}/", environment, self._key, rights)


def serving(
    *models: dict[str, Any], on_aws: bool = False, model_cache: str = "none", releases: bool = False
) -> tuple[Recording, dict[str, str]]:
    """What the pool registers, and the endpoints that it says it has."""
    endpoints: dict[str, str] = {}

    def program() -> None:
        spec = GpuServingPoolSpec.model_validate({"models": models, "model_cache": model_cache})
        store = Store(None if on_aws else AccessKey("team-language", pulumi.Output.secret("hush")))
        place: Cluster = cluster_on_aws() if on_aws else cluster()
        args = GpuServingPoolArgs(spec, place, CAPACITY.teams, NAMESPACES, store, releases=releases)
        pool = GpuServingPool("serving", args)
        pulumi.Output.from_input(pool.endpoints).apply(endpoints.update)

    return record(program), endpoints


def predictor(recording: Recording, name: str) -> dict[str, Any]:
    """The pods of a model as its InferenceService asks for them."""
    found: dict[str, Any] = recording.of_kind("InferenceService")[name].inputs["spec"]["predictor"]
    return found
