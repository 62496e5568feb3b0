"""`chatbot user …`: people who sign in."""

import asyncio
import sys
from typing import get_args

import click

from chatbot.assembly import open_store
from chatbot.cli.workspaces import workspace_named
from chatbot.domain.principal import Principal, Role
from chatbot.domain.workspace import is_email
from chatbot.errors import Malformed
from chatbot.safety.passwords import Passwords, one_time_password
from chatbot.settings import read_settings


@click.group()
def user() -> None:
    """Add people who sign in."""


@user.command("add")
@click.argument("email")
@click.option("--role", required=True, type=click.Choice(get_args(Role)))
@click.option("--workspace", required=True, help="Name of the workspace.")
@click.option("--name", default="", help="What colleagues and customers read; from EMAIL if empty.")
@click.option("--password-stdin", is_flag=True, help="Take the password from stdin.")
def add(email: str, role: Role, workspace: str, name: str, *, password_stdin: bool) -> None:
    """Add EMAIL, and print a password for the first sign-in unless one comes on stdin."""
    address = email.strip().lower()
    if not is_email(address):
        raise Malformed(f"{email[:60]!r} is no email address; write name@example.com.")
    password = sys.stdin.readline().rstrip("\r\n") if password_stdin else one_time_password()
    called = name.strip() or address.partition("@")[0]
    asyncio.run(_add(address, role, workspace, called, password))
    click.echo(f"{called} can sign in as {address}.", err=True)
    if not password_stdin:
        print(password)


async def _add(email: str, role: Role, slug: str, name: str, password: str) -> None:
    hashed = await Passwords().hash(password)
    async with open_store(read_settings()) as store:
        workspace = await workspace_named(store, slug)
        async with store.directory() as directory:
            await directory.add_user(
                workspace.id, email=email, name=name, role=role, password_hash=hashed
            )
        by = Principal(workspace.id, "system", name="command line")
        async with store.begin(by) as db:
            await db.audit.record("user.add", email, role=role)
