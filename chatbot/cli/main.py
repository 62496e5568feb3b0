"""The root of the command line: commands load when they are called, errors are one sentence."""

import importlib
import sys
from collections.abc import Mapping

import click

from chatbot.errors import ChatbotError

_COMMANDS: Mapping[str, tuple[str, str]] = {
    "serve": ("chatbot.http.serving", "Serve the widget, the console and the API."),
    "worker": ("chatbot.cli.worker", "Run background jobs."),
    "migrate": ("chatbot.cli.migrate", "Bring the database to the newest schema."),
    "doctor": ("chatbot.cli.doctor", "Check settings and everything we depend on."),
    "demo": ("chatbot.cli.demo", "Load the demo company."),
    "ask": ("chatbot.cli.ask", "Play one whole turn in the terminal."),
    "drill": ("chatbot.cli.drill", "Play an outage, and judge what customers would see."),
    "replay": ("chatbot.cli.replay", "Play a recorded stream of messages."),
    "answers": ("chatbot.cli.answers", "Import and export answers."),
    "bank": ("chatbot.cli.bank", "Measure and tune the answer bank."),
    "user": ("chatbot.cli.user", "Add people who sign in."),
}


class Commands(click.Group):
    """Each command's module is imported only when it is called: starting stays quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 click's signature
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in _COMMANDS:
            return None
        module = importlib.import_module(_COMMANDS[cmd_name][0])
        command: click.Command = getattr(module, cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl([(name, words) for name, (_, words) in _COMMANDS.items()])


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="chatbot", message="%(version)s")
def chatbot() -> None:
    """A support chatbot that keeps answering when its language model does not."""


def main() -> None:
    """
    Run a command; its exit status is 0 only when the thing asked for was done.

    A mistake of the caller is one sentence on stderr. Anything else is a bug and shows itself.
    """
    try:
        chatbot(standalone_mode=False)
    except click.exceptions.Abort:
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.exceptions.Exit as end:
        sys.exit(end.exit_code)
    except ChatbotError as error:
        click.echo(str(error), err=True)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)
