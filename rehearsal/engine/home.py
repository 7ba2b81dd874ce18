"""Where the Pulumi engine of one rehearsal lives: its home, its backend, and all it can see of the outside.

The environment is built from nothing: no account, token or setting of the user's shell reaches the program.
"""

from __future__ import annotations

import os
import secrets
import shlex
import shutil
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rehearsal.engine import aws_programs
from rehearsal.errors import RehearsalError
from rehearsal.session import Level

if TYPE_CHECKING:
    from pathlib import Path

    from rehearsal.session import Session
    from rehearsal.toolchain import Tools

PROJECT = "mlplatform"
PARALLEL = 32
"""Registrations under way at once: an operation is bound by latency, and more than this brings nothing."""

_KEPT = ("HOME", "LANG", "LC_ALL", "LOGNAME", "TERM", "TMPDIR", "TZ", "USER")
_KUBERNETES_PLUGIN = "resource-kubernetes-v4.25.0"

_SHIM = """#!/bin/sh
# The salt belongs to this rehearsal: the configuration is the stack file as it stands, and that salt.
{{ grep -v '^encryptionsalt:' {stack_file}; cat {salt}; }} > "$PULUMI_OPTION_CONFIG_FILE"
exec {pulumi} "$@"
"""


@dataclass(frozen=True)
class EngineHome:
    """PULUMI_HOME of one rehearsal: plugins, credentials, backend, passphrase and the stack's salt.

    ``project`` is the directory of Pulumi.yaml, ``stack`` the stack's name, ``packs`` the policy packs that
    every operation must pass. ``settings`` is a file that is read in the place of the stack's own.
    """

    session: Session
    tools: Tools
    project: Path
    stack: str
    packs: tuple[Path, ...] = ()
    settings: Path | None = None

    @property
    def directory(self) -> Path:
        """The home itself."""
        return _home(self.session)

    @property
    def pulumi(self) -> Path:
        """The `pulumi` to call: it reads the stack file afresh at every start."""
        return self.directory / "bin" / "pulumi"

    @property
    def operations(self) -> Path:
        """The directory of the operations' logs and event logs."""
        return self.directory / "operations"

    def environment(self) -> dict[str, str]:
        """Everything that the engine and the program can see of the outside."""
        kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
        own = {
            "PATH": f"{self.directory / 'bin'}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "KUBECONFIG": str(self.session.kubeconfig),
            "PULUMI_HOME": str(self.directory),
            # A note of each file's type and sum beside it would be torn by a kill, and is one more sum of the state
            # to make twice a step.
            "PULUMI_BACKEND_URL": f"file://{self.directory / 'backend'}?metadata=skip",
            "PULUMI_CONFIG_PASSPHRASE_FILE": str(self.directory / "passphrase"),
            "PULUMI_STACK": self.stack,
            "PULUMI_OPTION_CONFIG_FILE": str(self.directory / f"Pulumi.{self.stack}.yaml"),
            "PULUMI_PARALLEL": str(PARALLEL),
            # A fifth of the engine's time goes into collecting what its next state will hold again.
            "GOGC": "400",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            "MLPLATFORM_CHARTS": str(self.tools.charts()),
            "MLPLATFORM_IMAGE_LOCK": str(self._image_lock) if self._image_lock.exists() else "off",
            # The keys of real accounts lie in HOME, and are asked for from the machine.
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
        }
        if self.session.account:
            own |= self.session.account.environment()
        if self.packs:
            own["PULUMI_OPTION_POLICY_PACK"] = ",".join(str(pack) for pack in self.packs)
        if self.session.level is Level.OBJECTS:
            # Nothing runs behind a webhook here, and one without an answer refuses every object.
            own["MLPLATFORM_OMIT_WEBHOOKS"] = "1"
        return kept | own

    def prepare(self) -> None:
        """Make the home and the stack ready; again and again does no harm."""
        self._lay_out_home()
        if self.session.account:
            aws_programs.install(self.directory)
        if not self._salt.exists():
            self._make_stack()
        self.pulumi.write_text(
            _SHIM.format(
                stack_file=shlex.quote(str(self.stack_file)),
                salt=shlex.quote(str(self._salt)),
                pulumi=shlex.quote(str(self.program)),
            )
        )
        self.pulumi.chmod(0o755)

    def use_image_lock(self, text: str | None) -> None:
        """Have the program take images by the digests of this lock; None: by their tags."""
        if text is None:
            self._image_lock.unlink(missing_ok=True)
        else:
            self._image_lock.write_text(text)

    def forget_stack(self) -> None:
        """Drop the record of a stack that was destroyed; the next use makes a new one."""
        self._salt.unlink(missing_ok=True)

    @property
    def stack_exists(self) -> bool:
        """Whether there is a stack that may hold resources."""
        return self._salt.exists()

    @property
    def stack_file(self) -> Path:
        """What the engine reads as the stack's configuration."""
        return self.settings or self.project / "stacks" / f"Pulumi.{self.stack}.yaml"

    @property
    def _image_lock(self) -> Path:
        return self.directory / "images.lock.json"

    @property
    def _salt(self) -> Path:
        return _home(self.session) / _salt_of(self.stack)

    def _lay_out_home(self) -> None:
        plugin = self.directory / "plugins" / _KUBERNETES_PLUGIN
        for directory in (
            plugin,
            self.program.parent,
            self.directory / "backend",
            self.pulumi.parent,
            self.operations,
        ):
            directory.mkdir(parents=True, exist_ok=True)
        # The engine logs every property of every resource below `logs`, which costs more time than the work
        # itself and cannot be switched off; a plain file in its place stops it.
        (self.directory / "logs").touch()
        passphrase = self.directory / "passphrase"
        if not passphrase.exists():
            fresh = passphrase.with_suffix(".new")
            fresh.touch(mode=0o600)
            fresh.write_text(secrets.token_urlsafe(32))
            fresh.replace(passphrase)
        host = self.tools.binary("pulumi-language-python")
        beside = [self.tools.binary("pulumi"), host, host.with_name("pulumi-language-python-exec")]
        for program in beside:
            _place(program, self.program.parent)
        _place(self.tools.binary("pulumi-resource-kubernetes"), plugin)

    @property
    def program(self) -> Path:
        """The engine's own program, with its language host beside it: one found elsewhere it warns of."""
        return self.directory / "engine" / "pulumi"

    def _make_stack(self) -> None:
        """Initialise the stack from a bare copy of the project, which catches the salt that Pulumi writes."""
        scratch = self.directory / "init"
        scratch.mkdir(exist_ok=True)
        (scratch / "Pulumi.yaml").write_text(f"name: {PROJECT}\nruntime: python\n")
        environment = {k: v for k, v in self.environment().items() if not k.startswith("PULUMI_OPTION_")}
        for arguments in (["stack", "rm", "--force", "--yes", self.stack], ["stack", "init", self.stack]):
            done = subprocess.run(
                self.session.command([str(self.program), *arguments, "--non-interactive"]),
                cwd=scratch,
                env=environment,
                capture_output=True,
                text=True,
                check=False,
            )
        if done.returncode:
            raise RehearsalError(
                f"pulumi stack init {self.stack} failed: {done.stderr.strip()}",
                remedy="remove the rehearsal with `mlplatform rehearse stop --remove` and try again",
            )
        self._salt.write_text((scratch / f"Pulumi.{self.stack}.yaml").read_text())


def stack_held(session: Session) -> str | None:
    """The stack that may have resources in this rehearsal; None if none does."""
    found = next(_home(session).glob(_salt_of("*")), None)
    return found.name.removeprefix("salt.").removesuffix(".yaml") if found else None


def _home(session: Session) -> Path:
    return session.directory / "pulumi"


def _salt_of(stack: str) -> str:
    return f"salt.{stack}.yaml"


def _place(program: Path, directory: Path) -> None:
    """Have the program in the directory too, sharing its bytes where both lie on one disk."""
    target = directory / program.name
    if target.exists():
        if target.samefile(program) or target.stat().st_mtime_ns == program.stat().st_mtime_ns:
            return
        target.unlink()
    try:
        target.hardlink_to(program)
    except OSError:
        shutil.copy2(program, target)
