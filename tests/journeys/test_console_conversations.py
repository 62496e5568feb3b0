"""An agent's day: see who waits, take over, reply, note, hand back, resolve."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import aiohttp
import pytest

from chatbot.domain.conversation import Source
from chatbot.domain.event import Spoken, Started
from tests.journeys.desk import desk, new_conversation, signed_in, workspace_of
from tests.running import RunningApp
from tests.staff import Staff
from tests.visitor import Visitor

pytestmark = pytest.mark.asyncio(loop_scope="module")
_ = desk


class Stream:
    """The events of an open conversation page, as they arrive."""

    def __init__(self, answer: aiohttp.ClientResponse) -> None:
        self._answer = answer

    async def next(self, kind: str) -> str:
        """The data of the next event of this kind."""
        event, data = "", []
        async with asyncio.timeout(15):
            async for raw in self._answer.content:
                line = raw.decode().rstrip("\r\n")
                if not line and event == kind:
                    return "\n".join(data)
                if not line:
                    event, data = "", []
                elif line.startswith("event: "):
                    event = line.removeprefix("event: ")
                elif line.startswith("data: "):
                    data.append(line.removeprefix("data: "))
        raise AssertionError(f"the stream ended without {kind}")


@asynccontextmanager
async def stream(staff: Staff, conversation: UUID | str, after: int = 0) -> AsyncIterator[Stream]:
    path = f"{staff.base}/console/conversations/{conversation}/events?after={after}"
    async with staff.http.get(path) as answer:
        assert answer.status == 200
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        yield Stream(answer)


async def test_whoever_waits_is_in_the_queue_with_their_words(desk: RunningApp) -> None:
    conversation = await new_conversation(desk, "my tent has a hole", name="Berta Queue")
    async with signed_in(desk, "agent") as staff:
        page = await staff.get("/console/?queue=unassigned")

    row = page.text.partition(f"/console/conversations/{conversation}?")[2].partition("</a>")[0]
    assert "Berta Queue" in row
    assert "my tent has a hole" in row
    assert "unread" in row


async def test_a_search_finds_people_and_says_when_there_is_nobody(desk: RunningApp) -> None:
    await new_conversation(desk, "hello", name="Zenobia Rare")
    async with signed_in(desk, "agent") as staff:
        found = await staff.get("/console/?queue=unassigned&q=zenobia")
        none = await staff.get("/console/?queue=unassigned&q=%25nobody%25")

    assert "Zenobia Rare" in found.words
    assert "Nothing matches “%nobody%”" in none.words
    assert "Clear the search" in none.words


async def test_a_reply_takes_over_and_reaches_the_customer(desk: RunningApp) -> None:
    async with Visitor(desk.base) as visitor, signed_in(desk, "agent") as staff:
        await visitor.ask("xyzzy plugh, nobody knows")
        await staff.get(f"/console/conversations/{visitor.conversation}")
        page = await staff.post(
            f"/console/conversations/{visitor.conversation}/say",
            {"kind": "reply", "text": "Hello, a **person** here."},
        )
        heard = await visitor.until(lambda frame: frame.get("role") == "agent")

    assert heard["text"] == "Hello, a **person** here."
    assert heard["source"]["label"] in page.words
    assert "bot is silent" in page.words
    assert "<strong>person</strong>" in page.text
    assert [frame["state"] for frame in visitor.all("state")] == ["waiting", "human"]


async def test_the_bot_is_silent_until_it_is_handed_back(desk: RunningApp) -> None:
    async with Visitor(desk.base) as visitor, signed_in(desk, "agent") as staff:
        await visitor.ask("xyzzy plugh, nobody knows")
        here = f"/console/conversations/{visitor.conversation}"
        await staff.get(here)
        await staff.post(f"{here}/take-over")
        await visitor.until(lambda frame: frame.get("state") == "human")
        await visitor.send("when do you open in Galway?")
        await visitor.until(lambda frame: frame.get("role") == "customer")
        page = await staff.post(f"{here}/hand-back")
        reply = await visitor.ask("what are your opening hours in Galway")

    assert "With the bot" in page.words
    assert reply["role"] == "bot"
    assert [frame["role"] for frame in visitor.all("message")].count("bot") == 2


async def test_somebody_else_who_holds_it_is_not_talked_over(desk: RunningApp) -> None:
    conversation = await new_conversation(desk, "hello")
    here = f"/console/conversations/{conversation}"
    async with signed_in(desk, "agent") as holder, signed_in(desk, "admin") as other:
        await holder.get(here)
        await holder.post(f"{here}/take-over")
        await other.get(here)
        page = await other.post(f"{here}/say", {"kind": "reply", "text": "my long answer"})

    assert page.status == 409
    assert "Another agent holds this conversation" in page.words
    assert "my long answer" in page.text


async def test_a_note_stays_inside_the_company(desk: RunningApp) -> None:
    async with Visitor(desk.base) as visitor, signed_in(desk, "agent") as staff:
        await visitor.ask("xyzzy plugh, nobody knows")
        here = f"/console/conversations/{visitor.conversation}"
        await staff.get(here)
        page = await staff.post(f"{here}/say", {"kind": "note", "text": "she called twice"})
        status, log = await visitor.get(
            f"/api/v1/conversations/{visitor.conversation}/messages?after_seq=0"
        )

    assert "Private note" in page.words
    assert "she called twice" in page.words
    assert "Waits for a person" in page.words
    assert status == 200
    assert "she called twice" not in json.dumps([log, visitor.heard])


async def test_resolving_can_be_undone(desk: RunningApp) -> None:
    conversation = await new_conversation(desk, "hello")
    here = f"/console/conversations/{conversation}"
    async with signed_in(desk, "agent") as staff:
        await staff.get(here)
        page = await staff.post(f"{here}/resolve", {"queue": "mine"})
        assert "Undo" in page.words
        undone = await staff.post(f"{here}/take-over", {"queue": "mine"})

    assert "bot is silent" in undone.words


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"kind": "reply", "text": "   "}, "Text is empty"),
        ({"kind": "reply", "text": "x" * 4001}, "4,001 characters, at most 4,000"),
        ({"kind": "shout", "text": "hi"}, "choose one of reply, note"),
    ],
)
async def test_what_cannot_be_sent_says_why(
    desk: RunningApp, fields: dict[str, str], said: str
) -> None:
    conversation = await new_conversation(desk, "hello")
    async with signed_in(desk, "agent") as staff:
        here = f"/console/conversations/{conversation}"
        await staff.get(here)
        page = await staff.post(f"{here}/say", fields)
        by_script = await staff.post(f"{here}/say", fields, Accept="application/json")

    assert page.status == by_script.status == 400
    assert said in page.words
    assert said in json.loads(by_script.text)["detail"]


async def test_an_open_page_hears_the_customer_and_the_bot_as_it_speaks(desk: RunningApp) -> None:
    async with Visitor(desk.base) as visitor, signed_in(desk, "agent") as staff:
        await visitor.ask("what are your opening hours in Galway")
        async with stream(staff, visitor.conversation or "") as page:
            first = await page.next("entry")
            await visitor.ask("and what does it cost to send a parcel to Ireland?")
            texts = [await page.next("entry") for _ in range(3)]

    assert "opening hours in Galway" in first
    assert 'class="message message-customer"' in first
    assert any("send a parcel to Ireland" in text for text in texts)
    assert any('class="message message-bot"' in text for text in texts)


async def test_the_bots_words_are_streamed_to_the_console(desk: RunningApp) -> None:
    conversation = await new_conversation(desk, "hello")
    reply, question = UUID(int=7), UUID(int=8)
    async with signed_in(desk, "agent") as staff, stream(staff, conversation, after=2) as page:
        await desk.house.bus.publish(conversation, Started(reply, question, 1))
        await desk.house.bus.publish(conversation, Spoken(reply, 1, 0, "Good <b>day</b>"))
        started = json.loads(await page.next("start"))
        said = json.loads(await page.next("delta"))

    assert started["id"] == str(reply)
    assert said["text"] == "Good <b>day</b>"


async def test_a_page_that_was_away_gets_what_it_missed_once(desk: RunningApp) -> None:
    conversation = await new_conversation(desk, "one", "two", "three")
    async with signed_in(desk, "agent") as staff:
        async with stream(staff, conversation, after=1) as page:
            texts = [await page.next("entry") for _ in range(2)]
        await staff.get(f"/console/conversations/{conversation}")
        await staff.post(
            f"/console/conversations/{conversation}/say", {"kind": "note", "text": "aside"}
        )

    assert "two" in texts[0]
    assert "three" in texts[1]


async def test_a_note_appears_on_every_open_page(desk: RunningApp) -> None:
    conversation = await new_conversation(desk, "hello")
    here = f"/console/conversations/{conversation}"
    async with (
        signed_in(desk, "agent") as writer,
        signed_in(desk, "admin") as reader,
        stream(reader, conversation, after=2) as page,
    ):
        await writer.get(here)
        await writer.post(f"{here}/say", {"kind": "note", "text": "line one\nline two"})
        note = await page.next("note")

    assert "line one\nline two" in note


async def test_an_open_page_closes_when_its_reader_is_shut_out(desk: RunningApp) -> None:
    conversation = await new_conversation(desk, "hello")
    login = [login for login in desk.installed.logins if login.role == "agent"][-1]
    async with Staff(desk.base) as agent, signed_in(desk, "owner") as owner:
        await agent.sign_in(login.email, login.password)
        people = await owner.get("/admin/people")
        leaver = people.text.partition(login.email)[2]
        address = leaver.partition('action="')[2].partition("/password")[0]
        async with stream(agent, conversation) as page:
            await page.next("entry")
            await owner.post(f"{address}/disable")
            with pytest.raises(AssertionError, match="the stream ended"):
                await page.next("never")
        await owner.post(f"{address}/enable")


async def test_hostile_words_are_only_words(desk: RunningApp) -> None:
    evil = '<img src=x onerror="alert(1)"><script>alert(2)</script>'
    conversation = await new_conversation(desk, evil, name=f"Eve {evil}")
    by = await workspace_of(desk)
    async with desk.house.store.begin(by) as db:
        await db.conversations.append(
            conversation,
            "message",
            role="bot",
            text=f"{evil} ![x](https://evil.example/p.png) [y](javascript:alert(3))",
            source=Source("model", evil, answers=((evil, evil),)),
        )
    async with signed_in(desk, "agent") as staff:
        pages = [
            await staff.get("/console/?queue=unassigned"),
            await staff.get(f"/console/conversations/{conversation}"),
            await staff.get(f"/console/?q={evil}"),
        ]

    for page in pages:
        assert "<img" not in page.text
        assert "<script>" not in page.text
        assert "javascript:alert" not in page.text.replace("(javascript:alert(3))", "")
    assert evil in pages[1].words or "onerror" in pages[1].words


async def test_the_receipt_says_how_a_reply_came_about(desk: RunningApp) -> None:
    async with Visitor(desk.base) as visitor, signed_in(desk, "agent") as staff:
        await visitor.ask("what are your opening hours in Galway")
        page = await staff.get(f"/console/conversations/{visitor.conversation}")

    receipt = page.words.partition("Receipt turn of")[2]
    assert "Rung Answer bank" in receipt
    assert "no model was asked" in receipt
    assert "Cost $0" in receipt
