"""Questions that are asked of every pod of the platform's own, and how to read what is secret in a recording."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pulumi.runtime.rpc import _special_secret_sig, _special_sig_key

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.components.recorded import Recording

_KINDS = ("StatefulSet", "Deployment", "DaemonSet", "Job")


def pods(recording: Recording) -> Iterator[tuple[str, dict[str, Any]]]:
    """The pod template of every workload, with the workload's name."""
    for kind in _KINDS:
        for name, workload in recording.of_kind(kind).items():
            yield name, revealed(workload.inputs["spec"])["template"]
    for name, cron_job in recording.of_kind("CronJob").items():
        yield name, revealed(cron_job.inputs["spec"])["jobTemplate"]["spec"]["template"]


def containers(template: dict[str, Any]) -> list[dict[str, Any]]:
    """All containers of a pod template, those that run first included."""
    return [*template["spec"].get("initContainers", []), *template["spec"]["containers"]]


def is_secret(value: Any) -> bool:
    """Whether the program told the engine that a value is secret."""
    return isinstance(value, dict) and value.get(_special_sig_key) == _special_secret_sig


def revealed(value: Any) -> Any:
    """A value with everything that is secret in it in clear."""
    if is_secret(value):
        return revealed(value["value"])
    if isinstance(value, dict):
        return {key: revealed(each) for key, each in value.items()}
    if isinstance(value, list):
        return [revealed(each) for each in value]
    return value
