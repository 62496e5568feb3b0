"""Somebody of the company at the console, in a real browser that reports every trouble."""

import secrets
from dataclasses import dataclass, field
from uuid import UUID, uuid4

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import ConsoleMessage, Page

from chatbot.domain.principal import Principal, Role, system
from chatbot.domain.suggestion import Heard
from chatbot.domain.ticket import Ticket, TicketDraft
from chatbot.safety.keys import hashed
from tests.running import RunningApp


@dataclass
class Desk:
    """
    One person's tab.

    Attributes:
        troubles: What the browser complained about: errors, and breaches of the page's policy.
        elsewhere: Addresses of other hosts that the pages asked for.
    """

    app: RunningApp
    page: Page
    troubles: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda error: self.troubles.append(str(error)))
        self.page.on("request", lambda request: self._asked(request.url))

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.troubles.append(message.text)

    def _asked(self, url: str) -> None:
        if not url.startswith((self.app.base, "data:")):
            self.elsewhere.append(url)

    async def enter(self, role: Role, path: str = "/console/") -> None:
        """Open *path* as the demo company's first person with *role*."""
        login = next(login for login in self.app.installed.logins if login.role == role)
        token = secrets.token_urlsafe(32)
        async with self.app.house.store.directory() as directory:
            found = await directory.user(login.email)
            assert found
            await directory.add_session(found[0], hashed(token), secrets.token_urlsafe(32))
        cookie = {"name": "session", "value": token, "url": self.app.base}
        await self.page.context.add_cookies([cookie])  # type: ignore[list-item]
        await self.open(path)

    async def open(self, path: str) -> None:
        await self.page.goto(self.app.base + path)

    async def no_fault(self, where: str) -> None:
        """
        Raises:
            AssertionError: axe found something on the page as it is now.
        """
        found = await Axe().run(self.page)
        assert found.violations_count == 0, f"{where}: {found.generate_report()}"

    async def bank_ready(self) -> None:
        """Wait until the bank matches by meaning."""
        async with self.app.house.store.directory() as directory:
            home = await directory.workspace(slug=self.app.installed.workspace)
        bank = self.app.house.bank
        await self.app.house.encoder.wait()
        await bank.match(home.id, home.bank_version, "Is it ready?", 0.02)
        bank.refresh(home.id)
        await bank.settled()

    async def company(self) -> Principal:
        async with self.app.house.store.directory() as directory:
            return system((await directory.workspace(slug=self.app.installed.workspace)).id)

    async def conversation(self, *words: str, name: str = "Ada Lovelace") -> UUID:
        """A customer called *name* has said *words* and waits for a person."""
        async with self.app.house.store.begin(await self.company()) as db:
            customer = await db.customers.put(uuid4().hex, name=name)
            conversation = uuid4()
            await db.conversations.open(conversation, customer.id)
            for text in words:
                await db.conversations.append(conversation, "message", role="customer", text=text)
            await db.conversations.change_state(conversation, "waiting")
        return conversation

    async def suggestion(self, question: str, reply: str) -> UUID:
        """An open suggestion: a customer asked *question*, an agent answered *reply*."""
        conversation = await self.conversation(question)
        async with self.app.house.store.begin(await self.company()) as db:
            customer = (await db.conversations.get(conversation)).customer_id
            message = (await db.conversations.since(conversation, 0))[0]
            heard = Heard(
                message.id, conversation, customer, "agent", question, db.now, reply, "Niamh"
            )
            made = await db.suggestions.begin(heard)
            await db.suggestions.put(made, heard, "none")
            words = {"text": reply, "drafted_by": "agent", "phrasings": [question]}
            await db.suggestions.write(made, **words)
        return made

    async def ticket(self, subject: str) -> Ticket:
        """A ticket that the bot proposes, with its conversation."""
        conversation = await self.conversation(f"help: {subject}")
        draft = TicketDraft(subject, "As they wrote.", "medium", "other", "bot")
        async with self.app.house.store.begin(await self.company()) as db:
            customer = (await db.conversations.get(conversation)).customer_id
            return await db.tickets.create(
                draft, customer_id=customer, conversation_id=conversation, due_at=None
            )
