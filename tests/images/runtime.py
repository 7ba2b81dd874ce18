"""A container runtime of its own for the tests of images: cut off from this machine's network, gone afterwards."""

from __future__ import annotations

import contextlib
import itertools
import subprocess
import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_CONFIGURATION: Final = """\
version = 2
root = "{directory}/root"
state = "{directory}/state"
[grpc]
  address = "{directory}/socket"
[plugins."io.containerd.grpc.v1.cri"]
  restrict_oom_score_adj = true
"""


class Runtime:
    """One containerd; containers share its network, have a read-only file system and write to `/tmp` and volumes."""

    def __init__(self, directory: Path, pid: int) -> None:
        self.ctr = ["ctr", "--address", f"{directory}/socket"]
        self._directory = directory
        self._names = (f"container-{number}" for number in itertools.count())
        self._inside = ["nsenter", f"--net=/proc/{pid}/ns/net"]
        self._started: list[str] = []

    def run(
        self,
        image: str,
        *argv: str,
        environment: Mapping[str, str] | None = None,
        binds: Mapping[str, Path] | None = None,
        succeeds: bool = True,
    ) -> str:
        """Run a command of an image to its end; what it says, on either stream."""
        name = next(self._names)
        options = self._options(environment, {}, binds or {})
        return self._say("run", "--rm", *options, image, name, *argv, succeeds=succeeds)

    def start(
        self,
        image: str,
        *argv: str,
        environment: Mapping[str, str] | None = None,
        volumes: Mapping[str, int] | None = None,
        binds: Mapping[str, Path] | None = None,
    ) -> str:
        """Start a container and return its name; ``volumes`` are empty directories (path: owner), ``binds`` places of
        this machine's."""
        name = next(self._names)
        log = ("--log-uri", f"file://{self._log(name)}")
        self._say("run", "--detach", *log, *self._options(environment, volumes or {}, binds or {}), image, name, *argv)
        self._started.append(name)
        return name

    def execute(self, container: str, script: str) -> str:
        """Run a shell script in a container; what it says, on either stream."""
        return self._say("task", "exec", "--exec-id", next(self._names), container, "sh", "-c", script)

    def wait(self, container: str, script: str, *, within_seconds: float = 120) -> str:
        """Run a script in a container until it succeeds; if it never does, the error is the container's log."""
        deadline = time.monotonic() + within_seconds
        while True:
            try:
                return self.execute(container, f"({script}) || {{ sleep 0.2; exit 1; }}")
            except AssertionError as refusal:
                if time.monotonic() > deadline or "stopped state" in str(refusal):
                    raise AssertionError(self._log(container).read_text()) from refusal

    def stop(self) -> None:
        """End every container that was started."""
        for name in self._started:
            with contextlib.suppress(AssertionError):
                self._say("task", "delete", "--force", name)
                self._say("container", "delete", name)

    def _log(self, container: str) -> Path:
        return self._directory / f"{container}.log"

    def _options(
        self, environment: Mapping[str, str] | None, volumes: Mapping[str, int], binds: Mapping[str, Path]
    ) -> list[str]:
        mounts = ["type=tmpfs,dst=/tmp,options=mode=1777"]
        mounts += [f"type=tmpfs,dst={path},options=uid={owner}:gid={owner}" for path, owner in volumes.items()]
        mounts += [f"type=bind,src={source},dst={path},options=rbind:rw" for path, source in binds.items()]
        variables = [f"{name}={value}" for name, value in (environment or {}).items()]
        return [
            *("--net-host", "--read-only"),
            *(argument for mount in mounts for argument in ("--mount", mount)),
            *(argument for variable in variables for argument in ("--env", variable)),
        ]

    def _say(self, *argv: str, succeeds: bool = True) -> str:
        done = subprocess.run(
            [*self._inside, *self.ctr, "--namespace", "k8s.io", *argv],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=300,
        )
        assert (done.returncode == 0) == succeeds, done.stdout
        return done.stdout


@contextlib.contextmanager
def runtime(directory: Path) -> Iterator[Runtime]:
    """A runtime that lives in the directory; its network and its mounts are its own and end with it."""
    (directory / "config.toml").write_text(_CONFIGURATION.format(directory=directory))
    start = f"ip link set lo up && exec containerd --config {directory}/config.toml 2>{directory}/log"
    process = subprocess.Popen(["unshare", "--net", "--mount", "sh", "-c", start])
    found = Runtime(directory, process.pid)
    try:
        _wait_for(found, process, directory / "log")
        yield found
    finally:
        found.stop()
        process.terminate()
        process.wait(timeout=30)


def _wait_for(found: Runtime, process: subprocess.Popen[bytes], log: Path) -> None:
    # `ctr version` waits for the socket itself, for some seconds at most.
    for _ in range(10):
        assert process.poll() is None, log.read_text()
        if subprocess.run([*found.ctr, "version"], capture_output=True, check=False).returncode == 0:
            return
    raise AssertionError(log.read_text())
