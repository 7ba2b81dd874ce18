"""The account that the stand-in pretends to: boto3 clients that reach moto and nothing else."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Final

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, EndpointConnectionError, ParamValidationError
from botocore.session import Session

from rehearsal.aws.errors import NOBODY, AwsError, NotEmulatedError, UnsafeEndpointError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from botocore.model import OperationModel, ServiceModel

ACCOUNT_ID: Final = "123456789012"
"""Moto's account."""
PARTITION: Final = "aws"
DNS_SUFFIX: Final = "amazonaws.com"
NOT_EMULATED_HEADER: Final = "x-rehearsal-not-emulated"
"""Set by ``rehearsal.aws.server`` where moto has no answer; its value says why."""

# Constants, so that nothing that is lying about on the machine is ever used.
_ACCESS_KEY: Final = "REHEARSAL"
_SECRET_KEY: Final = "rehearsal"  # noqa: S105 - opens nothing


class Account:
    """Calls of AWS, answered by moto."""

    def __init__(self, endpoint: str, region: str) -> None:
        self.endpoint = endpoint
        self.region = region
        core = Session()
        core.set_credentials(_ACCESS_KEY, _SECRET_KEY)
        core.get_component("event_emitter").register("before-send", self._guard)
        core.get_component("event_emitter").register("before-parse", _notice)
        self._session = boto3.Session(botocore_session=core, region_name=region)
        self._clients: dict[tuple[str, str], Any] = {}
        self._lock = threading.Lock()

    def call(self, service: str, operation: str, parameters: Mapping[str, Any], region: str = "") -> dict[str, Any]:
        """The answer to one call (``operation`` as boto3 spells it).

        Raises AwsError where AWS refuses, NotEmulatedError where moto has no answer.
        """
        client = self._client(service, region or self.region)
        name = f"{service}:{client.meta.method_to_api_mapping[operation]}"
        try:
            answer: dict[str, Any] = getattr(client, operation)(**parameters)
        except ClientError as error:
            reason = error.response["Error"]
            raise AwsError(str(reason.get("Code", "")), str(reason.get("Message", "")), name) from None
        except ParamValidationError as error:
            raise AwsError("ParamValidation", str(error).replace("\n", " "), name) from None
        except EndpointConnectionError:
            why = f"nobody answers at {self.endpoint}; is the rehearsal's moto running?"
            raise AwsError(NOBODY, why, name) from None
        except BotoCoreError as error:
            raise NotEmulatedError(name, f"moto's answer cannot be read: {error}") from None
        answer.pop("ResponseMetadata", None)
        return answer

    def name_of(self, service: str, operation: str) -> str:
        """A call as IAM spells it: ``ec2:CreateVpc``."""
        return f"{service}:{self._client(service, self.region).meta.method_to_api_mapping[operation]}"

    def operation(self, service: str, operation: str) -> OperationModel:
        """Botocore's model of a call."""
        client = self._client(service, self.region)
        return self.service(service).operation_model(client.meta.method_to_api_mapping[operation])

    def service(self, service: str) -> ServiceModel:
        """Botocore's model of a service."""
        return self._client(service, self.region).meta.service_model

    def _client(self, service: str, region: str) -> Any:  # noqa: ANN401 - boto3 makes its classes when it runs
        with self._lock:  # A session is not thread-safe; its clients are.
            client = self._clients.get((service, region))
            if client is None:
                config = Config(
                    retries={"total_max_attempts": 1},
                    inject_host_prefix=False,
                    proxies={},
                    s3={"addressing_style": "path"},
                    max_pool_connections=32,
                    parameter_validation=True,
                )
                client = self._session.client(service, region_name=region, endpoint_url=self.endpoint, config=config)
                self._clients[service, region] = client
            return client

    def _guard(self, request: Any, **_: object) -> None:  # noqa: ANN401 - botocore brings no types
        """The last look before a request leaves: nothing but the endpoint, whatever a redirect or a setting says."""
        if not request.url.startswith(f"{self.endpoint.rstrip('/')}/"):
            raise UnsafeEndpointError(f"a request to {request.url} was stopped")


def is_region(name: str) -> bool:
    """Whether AWS has this region, in any of its partitions."""
    session = Session()
    return any(name in session.get_available_regions("ec2", each) for each in session.get_available_partitions())


def _notice(operation_model: OperationModel, response_dict: Mapping[str, Any], **_: object) -> None:
    why = response_dict["headers"].get(NOT_EMULATED_HEADER)
    if why:
        service = operation_model.service_model.signing_name
        raise NotEmulatedError(f"{service}:{operation_model.name}", why)
