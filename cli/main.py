"""The `mlplatform` command."""

from __future__ import annotations

import typer

from cli import check, evidence, images, picture, policies, prerequisites, rehearse, schema, slo, team, toolchain
from cli.console import fail, interrupted
from cli.drill.command import drill
from cli.iam.command import iam_policy
from cli.queue.command import queue
from cli.release.command import app as release
from components._image_lock import ImageLockError
from rehearsal.errors import RehearsalError

app = typer.Typer(
    name="mlplatform",
    help="A complete ML platform as a Pulumi program, and its rehearsal on this machine.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(rehearse.app, name="rehearse")
app.add_typer(policies.app, name="policies")
app.add_typer(toolchain.app, name="toolchain")
app.add_typer(images.app, name="images")
app.add_typer(team.app, name="team")
app.add_typer(release, name="release")
app.command("check")(check.check)
app.command("evidence")(evidence.evidence)
app.command("schema")(schema.schema)
app.command("prerequisites")(prerequisites.prerequisites)
app.command("iam-policy")(iam_policy)
app.command("picture")(picture.picture)
app.command("queue")(queue)
app.command("drill")(drill)
app.command("slo")(slo.slo)


def main() -> None:
    """Run the command; a user's mistake ends as one line, never as a traceback."""
    try:
        app()
    except (RehearsalError, ImageLockError) as error:
        raise fail(str(error)) from None
    except KeyboardInterrupt:
        raise interrupted() from None
