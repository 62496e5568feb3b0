"""The running application with a scripted provider, and customers who are signed in."""

import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Protocol
from uuid import uuid4

import jwt

from tests.fault_catalogue import fault_server
from tests.fault_server import MODEL, FaultServer, Received
from tests.running import RunningApp, running_app
from tests.visitor import Visitor


class Template(Protocol):
    """What the fixture `demo_template` gives."""

    @property
    def encoders(self) -> Path: ...


@asynccontextmanager
async def shop(
    demo_url: str, template: Template, data_dir: Path, **environment: str
) -> AsyncIterator[tuple[RunningApp, FaultServer]]:
    """The demo company, whose provider does what a test tells it to."""
    async with fault_server() as provider:
        reachable = {
            "OPENAI_BASE_URL": provider.base_url,
            "OPENAI_API_KEY": "sk-made-up",
            "CHATBOT_MODEL": MODEL,
        }
        async with running_app(
            demo_url, data_dir, template.encoders, **reachable, **environment
        ) as running:
            yield running, provider


def identity(app: RunningApp, external_id: str) -> str:
    """What the company's own server signs for its customer."""
    claims = {"sub": external_id, "jti": uuid4().hex, "exp": int(time.time()) + 300}
    return jwt.encode(claims, app.installed.identity_secret, algorithm="HS256")


async def signed_in(app: RunningApp, external_id: str) -> Visitor:
    """A visitor whom the company vouches for, with an open socket; leave it when done."""
    visitor = Visitor(app.base)
    await visitor.session(identity=identity(app, external_id))
    await visitor.connect()
    return visitor


def block(sent: Received, name: str) -> str:
    """What a request holds in the block *name*."""
    message = sent.body["messages"][-1]["content"]
    mark = re.match(r"The blocks of this message are marked (\w+)\.", message)
    assert mark is not None
    found = re.search(rf"<<<{name} {mark[1]}\n(.*?)\n{mark[1]}>>>", message, flags=re.DOTALL)
    return found[1] if found else ""
