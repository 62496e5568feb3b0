"""Rules, sites, keys, people and the call log: what admins and owners set."""

import re
from datetime import UTC, datetime
from decimal import Decimal
from uuid import uuid4

import pytest

from chatbot.domain.ask import ModelCall, Usage
from chatbot.domain.rule import Rule
from tests.journeys.desk import desk, new_conversation, signed_in, workspace_of
from tests.running import RunningApp
from tests.staff import Staff
from tests.visitor import Visitor

pytestmark = pytest.mark.asyncio(loop_scope="module")
_ = desk

RULE = {
    "title": "Rain checks",
    "text": "Offer a rain check.",
    "rank": "15",
    "enabled": "1",
    "plans": "Trade, curlew",
    "locales": "",
    "topics": "rain, weather",
    "starts": "",
    "ends": "",
}


async def rule(desk: RunningApp, key: str) -> Rule:
    async with desk.house.store.begin(await workspace_of(desk)) as db:
        return await db.rules.get(key)


async def test_a_rule_is_written_and_switched_off_and_on(desk: RunningApp) -> None:
    async with signed_in(desk, "admin") as admin:
        await admin.get("/admin/rules/new")
        page = await admin.post("/admin/rules/new", RULE)
        assert "the next reply keeps to it" in page.words
        kept = await rule(desk, "rain-checks")
        await admin.post("/admin/rules/toggle/rain-checks", {"enabled": ""})
        off = await rule(desk, "rain-checks")
        page = await admin.post("/admin/rules/toggle/rain-checks", {"enabled": "1"})

    assert kept.conditions.plans == ("Trade", "curlew")
    assert kept.conditions.topics == ("rain", "weather")
    assert (kept.rank, kept.enabled, off.enabled) == (15, True, False)
    assert "Switched on" in page.words


async def test_the_preview_names_the_customers_a_rule_is_for(desk: RunningApp) -> None:
    async with signed_in(desk, "admin") as admin:
        await admin.get("/admin/rules/new")
        trade = await admin.post("/admin/rules/preview", RULE | {"plans": "trade", "topics": ""})
        talk = await admin.post("/admin/rules/preview", RULE | {"plans": ""})
        wrong = await admin.post("/admin/rules/preview", RULE | {"starts": "tomorrow"})

    assert re.search(r"Holds for [1-5] of \d+ customers, whatever they ask", trade.words)
    assert "Joris De Clercq" in trade.words
    assert "when they write of rain, weather" in talk.words
    assert "write a day as 2026-11-20" in wrong.words


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"title": ""}, "Title is empty"),
        ({"text": " "}, "Text is empty"),
        ({"rank": "first"}, "write a number 0 to 10000"),
        ({"starts": "2026-02-01", "ends": "2026-01-01"}, "exchange the two days"),
        ({"key": "gas-danger"}, "There is a rule gas-danger already"),
    ],
)
async def test_a_wrong_rule_is_refused_and_kept_in_the_form(
    desk: RunningApp, changed: dict[str, str], said: str
) -> None:
    async with signed_in(desk, "admin") as admin:
        await admin.get("/admin/rules/new")
        page = await admin.post("/admin/rules/new", RULE | changed)

    assert page.status in {400, 409}
    assert said in page.words
    assert "Trade, curlew" in page.text


async def test_a_rule_that_somebody_changed_is_not_overwritten(desk: RunningApp) -> None:
    async with signed_in(desk, "admin") as one, signed_in(desk, "owner") as other:
        await one.get("/admin/rules/new")
        mine = await one.post("/admin/rules/new", RULE | {"title": "Meeting point"})
        address = "/admin/rules/edit/meeting-point"
        theirs = await other.get(address)
        await other.post(address, RULE | {"text": "Theirs.", "seen": theirs.field("seen")})
        refused = await one.post(address, RULE | {"text": "Mine.", "seen": mine.field("seen")})

    assert refused.status == 409
    assert "Somebody changed this rule meanwhile" in refused.words
    assert "Mine." in refused.text
    assert (await rule(desk, "meeting-point")).text == "Theirs."


async def test_a_new_site_may_open_the_widget_and_others_may_not(desk: RunningApp) -> None:
    async with signed_in(desk, "owner") as owner:
        page = await owner.get("/admin/sites")
        fields = {name: page.field(name) for name in ("bot_name", "greeting", "answer_within_m")}
        fields |= {"accent": "#2c5f4b", "risk": "5", "link_hosts": "shop.example"}
        await owner.post(
            "/admin/sites/settings",
            fields | {"sites": "https://Shop.example/\nhttp://b.example:81"},
        )
    visitor = Visitor(desk.base, origin="https://shop.example")
    answer = await visitor.session()
    status, _body = await Visitor(desk.base, origin="https://evil.example").post(
        "/api/v1/widget/session", {"site_key": "demo"}
    )

    assert answer["settings"]["accent"]["light"]["accent"] == "#2c5f4b"
    assert status == 403
    async with desk.house.store.begin(await workspace_of(desk)) as db:
        settings = (await db.home.get()).settings
    assert settings.sites == ("https://shop.example", "http://b.example:81")
    assert settings.risk == 0.05


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("sites", "shop.example", "no origin"),
        ("sites", "https://shop.example/path", "no origin"),
        ("sites", "javascript:alert(1)", "no origin"),
        ("link_hosts", "https://shop.example", "no host name"),
        ("accent", "red", "six hex digits"),
        ("risk", "90", "from 0.1 to 20"),
        ("answer_within_m", "soon", "write a number 1 to"),
        ("bot_name", " ", "Bot name is empty"),
    ],
)
async def test_a_wrong_setting_changes_nothing(
    desk: RunningApp, name: str, value: str, said: str
) -> None:
    good = {
        "bot_name": "Wren",
        "greeting": "Hello!",
        "answer_within_m": "180",
        "accent": "#336699",
        "risk": "2",
        "sites": "https://fine.example",
        "link_hosts": "",
    }
    by = await workspace_of(desk)
    async with desk.house.store.begin(by) as db:
        before = (await db.home.get()).settings
    async with signed_in(desk, "owner") as owner:
        await owner.get("/admin/sites")
        page = await owner.post("/admin/sites/settings", good | {name: value})
    async with desk.house.store.begin(by) as db:
        after = (await db.home.get()).settings

    assert page.status == 400
    assert said in page.words
    assert after == before


async def test_an_api_key_is_shown_once_works_and_can_be_revoked(desk: RunningApp) -> None:
    async with signed_in(desk, "owner") as owner, Staff(desk.base) as server:
        await owner.get("/admin/sites")
        page = await owner.post("/admin/sites/keys", {"name": "warehouse"})
        found = re.search(r'id="new-key">(cb_[^<]+)<', page.text)
        assert found
        bearer = {"Authorization": f"Bearer {found[1]}"}
        good = await server.get("/api/v1/tickets", **bearer)
        listed = await owner.get("/admin/sites")
        revoke = re.search(r'action="(/admin/sites/keys/[^"]+/revoke)"', listed.text)
        assert revoke
        await owner.post(revoke[1])
        refused = await server.get("/api/v1/tickets", **bearer)

    assert good.status == 200
    assert found[1] not in listed.text
    assert "warehouse" in listed.words
    assert refused.status == 401


async def test_a_new_identity_secret_replaces_the_old_one(desk: RunningApp) -> None:
    async with signed_in(desk, "owner") as owner:
        await owner.get("/admin/sites")
        page = await owner.post("/admin/sites/secret")
        later = await owner.get("/admin/sites")

    shown = re.findall(r'class="secret">([^<]+)<', page.text)
    secret = next(one for one in shown if len(one) >= 43 and " " not in one)
    assert secret not in later.text
    async with desk.house.store.begin(await workspace_of(desk)) as db:
        assert secret.encode() not in await db.home.identity_secret()


async def test_a_person_is_added_with_a_password_that_works(desk: RunningApp) -> None:
    async with signed_in(desk, "owner") as owner, Staff(desk.base) as newcomer:
        await owner.get("/admin/people")
        fields = {"name": "Nell", "email": "Nell@Example.com", "role": "admin"}
        page = await owner.post("/admin/people", fields)
        twice = await owner.post("/admin/people", fields)
        wrong = await owner.post("/admin/people", fields | {"email": "nell at home"})
        found = re.search(r'class="secret">([^<]+)<', page.text)
        assert found
        landed = await newcomer.sign_in("nell@example.com", found[1])
        answers = await newcomer.get("/admin/answers")
        sites = await newcomer.get("/admin/sites")

    assert landed.path == "/console/"
    assert (answers.status, sites.status) == (200, 403)
    assert twice.status == 409
    assert "no email address" in wrong.words
    assert "nell at home" in wrong.text


async def test_nobody_shuts_themselves_out(desk: RunningApp) -> None:
    login = next(login for login in desk.installed.logins if login.role == "owner")
    async with desk.house.store.directory() as directory:
        found = await directory.user(login.email)
    assert found
    async with signed_in(desk, "owner") as owner:
        await owner.get("/admin/people")
        page = await owner.post(f"/admin/people/{found[0].id}/disable")

    assert page.status == 409
    assert "ask another owner" in page.words


async def test_the_call_log_adds_up(desk: RunningApp) -> None:
    conversation = await new_conversation(desk, "hello")
    by = await workspace_of(desk)
    async with signed_in(desk, "admin") as admin:
        empty = await admin.get("/admin/calls")
        async with desk.house.store.begin(by) as db:
            message = (await db.conversations.since(conversation, 0))[0]
            turn = await db.turns.add_turn(message)
            assert turn
            await db.calls.add_calls([call(conversation, turn.id, n) for n in range(3)])
        page = await admin.get("/admin/calls")

    assert "No model was asked yet" in empty.words
    assert "Calls 3" in page.words
    assert "$0.003" in page.words
    assert "Timeout" in page.words


def call(conversation: object, turn: object, step: int) -> ModelCall:
    return ModelCall(
        id=uuid4(),
        conversation_id=conversation,  # type: ignore[arg-type]
        turn_id=turn,  # type: ignore[arg-type]
        step=step,
        feature="chat",
        provider="openai",
        model="small-model",
        model_served="small-model",
        prompt_name="support",
        prompt_version="0123456789abcdef",
        usage=Usage(1000, 600, 50),
        usage_estimated=False,
        cost_usd=Decimal("0.001"),
        price_date=datetime.now(UTC).date().isoformat(),
        first_token_s=0.4,
        duration_s=1.2,
        outcome="ok" if step else "timeout",
        finish="stop",
    )
