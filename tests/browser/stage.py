"""A shop's page with the widget, and the other side of the conversation behind the scene."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

import jwt
from playwright.async_api import ConsoleMessage, Locator, Page, WebSocketRoute, expect

from chatbot.domain.conversation import Entry, EntryKind, Source, Speaker, State
from chatbot.domain.event import LiveEvent, Logged, Spoken, Started
from chatbot.domain.principal import Principal, system
from tests.running import RunningApp
from tests.waiting import until

QUESTION = "What is your return policy?"
"""One that the demo company's answer bank answers without doubt."""


@dataclass
class Stage:
    """
    One visitor's page, with the doors of the application at hand.

    Attributes:
        shop: The origin of the shop's pages, another than the application's.
        troubles: Errors and refusals that the browser wrote to its console.
        requests: Every address that the page asked for.
    """

    app: RunningApp
    shop: str
    page: Page
    troubles: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    async def visit(self, *, careful: bool = True, **wishes: str) -> None:
        """
        Open the shop's page.

        Args:
            careful: Whether it sends a strict policy; one that does not lets checkers in.
            wishes: `dir` of the page, and attributes of the script tag.
        """
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda error: self.troubles.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))
        await self.page.goto(f"{self.shop}/{'' if careful else 'careless'}?{urlencode(wishes)}")
        await expect(self.launcher).to_be_visible()

    def _said(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.troubles.append(message.text)

    async def open(self) -> None:
        """Press the launcher, and wait until the panel is connected."""
        await self.launcher.click()
        await expect(self.panel).to_be_visible()

    async def ask(self, text: str = QUESTION, *, answered: bool = True) -> None:
        """Write *text* and press Enter; returns when the server has it, and has answered."""
        await self.composer.fill(text)
        await self.composer.press("Enter")
        await expect(self.own(text)).to_be_visible()
        await expect(self.page.locator("li.mine.waiting")).to_have_count(0)
        if answered:
            await self.hears()

    async def hears(self) -> None:
        """Wait until the last message has been answered."""
        reply = self.page.locator("li.mine[data-newest] ~ li.theirs:not(.writing)")
        await expect(reply).to_have_count(1)

    @property
    def launcher(self) -> Locator:
        return self.page.locator("button.launcher")

    @property
    def panel(self) -> Locator:
        return self.page.get_by_role("dialog")

    @property
    def composer(self) -> Locator:
        return self.page.get_by_role("textbox", name="Message")

    @property
    def log(self) -> Locator:
        return self.page.get_by_role("log")

    @property
    def replies(self) -> Locator:
        return self.page.locator("li.theirs")

    @property
    def announced(self) -> Locator:
        return self.page.locator(".panel > .unseen[role=status]")

    def own(self, text: str) -> Locator:
        return self.page.locator("li.mine", has_text=text)

    def button(self, name: str) -> Locator:
        return self.panel.get_by_role("button", name=name, exact=True)

    async def kept(self, key: str) -> Any:  # noqa: ANN401 whatever the widget keeps there
        """What the widget remembers in this browser."""
        text = await self.page.evaluate(f"localStorage.getItem('chatbot:demo:{key}')")
        return None if text is None else json.loads(text)

    async def comes_to_keep(self, key: str) -> Any:  # noqa: ANN401 whatever the widget keeps there
        """The same, once there is anything."""

        async def there() -> bool:
            return await self.kept(key) is not None

        await until(there, f"the browser keeps {key}")
        return await self.kept(key)

    async def conversation(self) -> UUID:
        """The conversation that the widget shows, once something was said in it."""
        return UUID(await self.comes_to_keep("conversation"))

    async def principal(self) -> Principal:
        workspace = await self.app.office.sites.by_key("demo")
        return system(workspace.id)

    async def publish(self, *events: LiveEvent) -> None:
        """Say live events to everybody who watches the conversation."""
        conversation = await self.conversation()
        for event in events:
            await self.app.office.desk.bus.publish(conversation, event)

    async def write(
        self,
        text: str = "",
        *,
        kind: EntryKind = "message",
        role: Speaker = "bot",
        entry_id: UUID | None = None,
        source: Source | None = None,
        data: dict[str, Any] | None = None,
    ) -> Entry:
        """Write an entry into the conversation's log, and tell everybody."""
        conversation = await self.conversation()
        async with self.app.office.desk.store.begin(await self.principal()) as db:
            entry = await db.conversations.append(
                conversation,
                kind,
                text=text,
                role=role,
                entry_id=entry_id,
                source=source,
                data=data,
            )
        await self.publish(Logged(entry))
        return entry

    async def turn_to(self, state: State, agent: str | None = None) -> None:
        """Change who answers, as the console would."""
        conversation = await self.conversation()
        async with self.app.office.desk.store.begin(await self.principal()) as db:
            user = (await db.people.all())[0] if agent else None
            entry = await db.conversations.change_state(
                conversation, state, agent=(user.id, agent) if user and agent else None
            )
        await self.publish(Logged(entry))

    async def begin_reply(self, *pieces: str) -> UUID:
        """Begin to write a reply; returns its id."""
        reply = uuid4()
        await self.publish(Started(reply, uuid4(), 1))
        offset = 0
        for piece in pieces:
            await self.publish(Spoken(reply, 1, offset, piece))
            offset += len(piece)
        return reply

    @staticmethod
    def spoken(reply: UUID, offset: int, text: str) -> tuple[LiveEvent, ...]:
        """One more piece of a reply that was begun."""
        return (Spoken(reply, 1, offset, text),)

    @staticmethod
    def frame(message: str | bytes) -> dict[str, Any]:
        return json.loads(message)

    @staticmethod
    def text(frame: dict[str, Any]) -> str:
        return json.dumps(frame)

    def identity(self, customer: str) -> str:
        """What the shop's own server would sign for its customer."""
        claims = {"sub": customer, "jti": uuid4().hex, "exp": int(time.time()) + 300}
        return jwt.encode(claims, self.app.installed.identity_secret, algorithm="HS256")

    async def customer(self) -> dict[str, Any]:
        """Whom the token in this browser names."""
        token = await self.comes_to_keep("token")
        answer = await self.page.request.post(
            f"{self.app.base}/api/v1/widget/session",
            data={"site_key": "demo", "token": token},
        )
        return (await answer.json())["customer"]

    async def entries(self) -> list[Entry]:
        """What the conversation's log holds."""
        conversation = await self.conversation()
        async with self.app.office.desk.store.begin(await self.principal()) as db:
            return await db.conversations.since(conversation, 0)

    async def judged(self, message: UUID) -> tuple[int, str]:
        """What the customer thought of a message: the vote, and the comment."""
        conversation = await self.conversation()
        async with self.app.office.desk.store.begin(await self.principal()) as db:
            return (await db.said.judgements(conversation))[message]

    async def sever(self) -> None:
        """From the next socket on, nothing answers."""

        def nobody(_socket: WebSocketRoute) -> None:
            """Takes what comes and says nothing."""

        await self.page.route_web_socket("**/ws/chat", nobody)

    async def meddle(self, keep: Callable[[dict[str, Any]], bool]) -> None:
        """Lose every frame from the server that *keep* does not want, from the next socket on."""

        def between(socket: WebSocketRoute) -> None:
            server = socket.connect_to_server()

            def pass_on(message: str | bytes) -> None:
                if keep(json.loads(message)):
                    socket.send(message)

            server.on_message(pass_on)

        await self.page.route_web_socket("**/ws/chat", between)
