"""With which credentials a registry is asked: Docker's own configuration, else AWS's for a registry of ECR."""

from __future__ import annotations

import base64
import binascii
import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any, Final

from rehearsal.images.distribution import Credentials, RegistryError

_ECR: Final = re.compile(r"\d{12}\.dkr[.-]ecr(?:-fips)?\.(?P<region>[a-z0-9-]+)\.(?:amazonaws\.com(?:\.cn)?|on\.aws)")
# Under which name Docker keeps what `docker login` without a registry has learned.
_DOCKER_HUB: Final = "https://index.docker.io/v1/"
_IDENTITY_TOKEN: Final = "<token>"  # noqa: S105 (a mark that helpers set in place of a user's name)


def find(registry: str) -> Credentials | None:
    """The credentials for a registry, none where nothing is known; ``RegistryError`` where a way to them is broken.

    In Docker's order: the registry's own credential helper, the common one, what `docker login` wrote. A registry
    of ECR of which Docker knows nothing gets a token of the AWS account that boto3 finds.
    """
    configuration = _docker_configuration()
    name = _DOCKER_HUB if registry == "docker.io" else registry
    helper = configuration.get("credHelpers", {}).get(name) or configuration.get("credsStore")
    found = _from_helper(helper, name) if helper else None
    found = found or _from_login(configuration.get("auths", {}).get(name, {}), registry)
    ecr = _ECR.fullmatch(registry)
    return found or (_from_aws(registry, ecr["region"]) if ecr else None)


def _docker_configuration() -> dict[str, Any]:
    directory = os.environ.get("DOCKER_CONFIG")
    path = (Path(directory) if directory else Path.home() / ".docker") / "config.json"
    try:
        content = json.loads(path.read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise RegistryError(f"{path}: cannot be read: {error}") from None
    if not isinstance(content, dict):
        raise RegistryError(f"{path}: is no mapping")
    return content


def _from_helper(helper: str, name: str) -> Credentials | None:
    """What `docker-credential-<helper> get` says; a helper that knows nothing of the registry ends with an error."""
    program = f"docker-credential-{helper}"
    try:
        done = subprocess.run([program, "get"], input=name, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise RegistryError(f"{program}, which Docker's configuration names for {name}, is not on PATH") from None
    if done.returncode:
        if "credentials not found" in done.stdout + done.stderr:
            return None
        said = (done.stdout + done.stderr).strip().splitlines()
        raise RegistryError(f"{program} fails for {name}: {said[-1] if said else done.returncode}")
    try:
        answer = json.loads(done.stdout)
        return _usable(str(answer["Username"]), str(answer["Secret"]), name)
    except (ValueError, KeyError, TypeError):
        # Never the answer itself: it may hold the secret.
        raise RegistryError(f"{program} answers for {name} in a way not known here") from None


def _from_login(entry: dict[str, Any], registry: str) -> Credentials | None:
    if entry.get("identitytoken"):
        return _usable(_IDENTITY_TOKEN, "", registry)
    try:
        username, colon, password = base64.b64decode(entry.get("auth", ""), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        raise RegistryError(f"Docker's configuration has an entry for {registry} that is not base64") from None
    return _usable(username, password, registry) if colon else None


def _usable(username: str, password: str, registry: str) -> Credentials:
    if username == _IDENTITY_TOKEN:
        raise RegistryError(f"{registry}: Docker has an identity token for it; log in with a user name and a password")
    return Credentials(username, password)


def _from_aws(registry: str, region: str) -> Credentials:
    """A password of twelve hours for all repositories of ECR that the caller may use."""
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        answer = boto3.client("ecr", region_name=region).get_authorization_token()
    except (BotoCoreError, ClientError) as error:
        raise RegistryError(
            f"{registry}: AWS gives no token for it: {error}; `aws sts get-caller-identity` shows whose credentials "
            "are used"
        ) from None
    token = answer["authorizationData"][0]["authorizationToken"]
    username, _, password = base64.b64decode(token).decode().partition(":")
    return Credentials(username, password)
