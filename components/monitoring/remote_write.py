"""Prometheus hands every sample on to who takes remote writes, and proves who it is by files of Secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from components.kubernetes.workload import Mount, secret_volume

if TYPE_CHECKING:
    from components.specs.hooks import Hooks, RemoteWriteHook, SecretKey

DIRECTORY: Final = "/hooks"


def settings(hooks: Hooks) -> list[dict[str, Any]]:
    """As Prometheus reads it. It reads the files again for every request, so that a key can be changed."""
    return [
        {
            "name": each.name,
            "url": each.url,
            **({"headers": dict(each.headers)} if each.headers else {}),
            **_proof(each),
        }
        for each in hooks.remote_write
    ]


def mounts(hooks: Hooks) -> list[Mount]:
    """Where its container sees the Secrets."""
    return [Mount(f"{DIRECTORY}/{name}", f"hook-{number}") for number, name in enumerate(_secrets(hooks))]


def volumes(hooks: Hooks) -> list[dict[str, Any]]:
    """The Secrets as volumes of its pod."""
    return [secret_volume(f"hook-{number}", name) for number, name in enumerate(_secrets(hooks))]


def _proof(hook: RemoteWriteHook) -> dict[str, Any]:
    if hook.bearer is not None:
        return {"authorization": {"type": "Bearer", "credentials_file": _file(hook.bearer)}}
    if hook.password is not None:
        return {"basic_auth": {"username": hook.username, "password_file": _file(hook.password)}}
    return {}


def _file(value: SecretKey) -> str:
    return f"{DIRECTORY}/{value.secret}/{value.key}"


def _secrets(hooks: Hooks) -> list[str]:
    return sorted({each.secret for hook in hooks.remote_write for each in (hook.bearer, hook.password) if each})
