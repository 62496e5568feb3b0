"""Puts the demo company into a workspace, with logins and keys made for this installation."""

import os
import secrets
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import msgspec

from chatbot.customers.welcome import identity_place
from chatbot.demo.content import read_company
from chatbot.demo.rows import Company, DemoConversation, DemoMessage
from chatbot.domain.conversation import Source
from chatbot.domain.principal import Principal, system
from chatbot.domain.workspace import User
from chatbot.errors import Conflict, NotFound
from chatbot.ports import Clock
from chatbot.safety.keys import Keyring, hashed
from chatbot.safety.passwords import Passwords, one_time_password
from chatbot.tickets.opening import log_ticket

if TYPE_CHECKING:
    from chatbot.store.unit import Store, Unit

FILE = "demo.json"
_LABELS = {"answer_bank": "Saved answer", "handoff": "Passed on to a person", "model": "Assistant"}


@dataclass(frozen=True, slots=True)
class Login:
    email: str
    password: str
    role: str


@dataclass(frozen=True, slots=True)
class Installed:
    """What the demo of this installation is reached by; kept in the data folder with mode 0600."""

    workspace: str
    site_key: str
    identity_secret: str
    api_key: str
    logins: tuple[Login, ...]
    customers: tuple[str, ...]

    def described(self) -> str:
        """The logins, for a person to read."""
        lines = [f"  {one.role:<6}  {one.email:<28}  {one.password}" for one in self.logins]
        return "\n".join(["Sign in to the console as", *lines])


def remembered(data_dir: Path) -> Installed | None:
    """What was made when the demo was loaded here; None when it never was."""
    path = data_dir / FILE
    if not path.is_file():
        return None
    return msgspec.json.decode(path.read_bytes(), type=Installed)


async def load_demo(
    store: "Store", keyring: Keyring, clock: Clock, data_dir: Path, *, reset: bool = False
) -> Installed:
    """
    Load the demo company as workspace `demo`.

    Args:
        reset: Take away the one that is there first, with everything in it.

    Raises:
        Conflict: It is loaded already, and its keys are not known here.
    """
    company = read_company()
    profile = company.profile
    if await _is_loaded(store, profile.slug):
        known = remembered(data_dir)
        if not reset and known is not None:
            return known
        if not reset:
            raise Conflict(
                f"The workspace {profile.slug} is there already: load it anew with "
                "`chatbot demo --reset`."
            )
        async with store.directory() as directory:
            await directory.remove_workspace(profile.slug)
    installed, workspace, people = await _found(company, store, keyring)
    by = system(workspace)
    async with store.begin(by) as db:
        await _load_bank(db, company, profile.name, clock.now().date())
        await db.home.add_api_key("demo", hashed(installed.api_key))
    customers = await _load_customers(company, store, by, clock.now())
    for told in company.conversations:
        await _tell(told, customers[told.customer], people, company, store, clock.now())
    _remember(installed, data_dir)
    return installed


async def _is_loaded(store: "Store", slug: str) -> bool:
    try:
        async with store.directory() as directory:
            await directory.workspace(slug=slug)
    except NotFound:
        return False
    return True


async def _found(
    company: Company, store: "Store", keyring: Keyring
) -> tuple[Installed, UUID, dict[str, User]]:
    """Make the workspace and the people in it."""
    profile = company.profile
    passwords = Passwords()
    identity_secret = secrets.token_urlsafe(32)
    logins, people, hashes = [], {}, {}
    for person in profile.logins:
        password = one_time_password()
        logins.append(Login(person.email, password, person.role))
        hashes[person.email] = await passwords.hash(password)
    async with store.directory() as directory:
        workspace = await directory.add_workspace(
            profile.slug, profile.name, "demo", b"", profile.settings()
        )
        for person in profile.logins:
            people[person.name] = await directory.add_user(
                workspace,
                email=person.email,
                name=person.name,
                role=person.role,
                password_hash=hashes[person.email],
            )
    async with store.begin(system(workspace)) as db:
        sealed = keyring.seal(identity_secret, place=identity_place(workspace))
        await db.home.replace_identity_secret(sealed)
    installed = Installed(
        workspace=profile.slug,
        site_key="demo",
        identity_secret=identity_secret,
        api_key=f"cb_{secrets.token_urlsafe(32)}",
        logins=tuple(logins),
        customers=tuple(customer.external_id for customer in company.customers),
    )
    return installed, workspace, people


async def _load_bank(db: "Unit", company: Company, by: str, today: date) -> None:
    for row in company.answers:
        answer = await db.answers.create(row.answer_id, row.content(), by=by)
        if row.state == "published":
            await db.answers.set_state(answer, "published", by=by)
    await db.answers.bank_changed()
    for rule in company.rules:
        await db.rules.put(
            rule.key,
            title=rule.title,
            text=rule.text,
            enabled=rule.enabled,
            rank=rule.rank,
            conditions=rule.conditions.on(today),
        )


async def _load_customers(
    company: Company, store: "Store", by: Principal, now: datetime
) -> dict[str, UUID]:
    ids = {}
    async with store.begin(by) as db:
        for row in company.customers:
            customer = await db.customers.put(
                row.external_id,
                verified=True,
                name=row.name,
                email=row.email,
                plan=row.plan,
                locale=row.locale,
                attributes=row.attributes,
            )
            ids[row.external_id] = customer.id
            for happened in row.events:
                await db.customers.add_event(
                    customer.id,
                    kind=happened.kind,
                    at=now - timedelta(days=happened.days_ago),
                    data=happened.facts(now.date()),
                    external_id=happened.id,
                )
    return ids


async def _tell(
    told: DemoConversation,
    customer: UUID,
    people: dict[str, User],
    company: Company,
    store: "Store",
    now: datetime,
) -> None:
    """Replay a past conversation, each message at its own time."""
    conversation = uuid4()
    began = now - timedelta(days=told.days_ago)
    workspace = next(iter(people.values())).workspace_id
    titles = {answer.answer_id: answer.title for answer in company.answers}
    spoken: list[UUID | None] = []
    ticket_at = _ticket_after(told)
    for index, message in enumerate(told.messages):
        at = began + timedelta(minutes=message.minutes)
        async with store.begin(system(workspace), at=at) as db:
            if index == 0:
                await db.conversations.open(conversation, customer)
            spoken.append(await _say(db, conversation, message, titles, people, workspace))
            if told.ticket is not None and index == ticket_at:
                within = timedelta(seconds=company.profile.answer_within_s)
                ticket = await db.tickets.create(
                    told.ticket.draft(),
                    customer_id=customer,
                    conversation_id=conversation,
                    due_at=at + within,
                )
                await log_ticket(db, ticket)
    last = began + timedelta(minutes=told.messages[-1].minutes)
    await _settle(told, conversation, spoken, people, workspace, store, last)


def _ticket_after(told: DemoConversation) -> int:
    """The message behind which the ticket was opened: the first handoff, else the first."""
    handoffs = [index for index, one in enumerate(told.messages) if one.rung == "handoff"]
    return handoffs[0] if handoffs else 0


async def _say(
    db: "Unit",
    conversation: UUID,
    message: DemoMessage,
    titles: dict[str, str],
    people: dict[str, User],
    workspace: UUID,
) -> UUID | None:
    if message.role == "note":
        author = people[message.by or ""]
        by = Principal(workspace, author.role, author.id, author.name)
        await db.acting_as(by).said.add_note(conversation, message.text)
        return None
    source = None
    if message.role == "bot" and message.rung is not None:
        cited = tuple((key, titles[key]) for key in message.answers)
        source = Source(message.rung, _LABELS[message.rung], answers=cited)
    elif message.role == "agent":
        source = Source("agent", message.by or "")
    entry = await db.conversations.append(
        conversation, "message", role=message.role, text=message.text, source=source
    )
    return entry.id


async def _settle(
    told: DemoConversation,
    conversation: UUID,
    spoken: list[UUID | None],
    people: dict[str, User],
    workspace: UUID,
    store: "Store",
    at: datetime,
) -> None:
    """What the conversation came to: its state, its ticket's fate, what the customer thought."""
    async with store.begin(system(workspace), at=at) as db:
        if told.state != "bot":
            holder = next(
                (people[one.by] for one in told.messages if one.role == "agent" and one.by), None
            )
            held = told.state == "human" and holder is not None
            agent = (holder.id, holder.name) if held and holder else None
            await db.conversations.change_state(conversation, told.state, agent=agent)
        if told.rating is not None:
            await db.said.rate(conversation, told.rating, "")
        for word in told.feedback:
            message = spoken[word.message_index]
            if message is not None:
                await db.said.judge(conversation, message, word.value, word.comment or "")
        if told.ticket is not None:
            await db.tickets.set_outcome(conversation, told.ticket.status, told.ticket.review)


def _remember(installed: Installed, data_dir: Path) -> None:
    path = data_dir / FILE
    data_dir.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(installed)))
