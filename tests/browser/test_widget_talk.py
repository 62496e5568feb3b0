"""A customer talks to the shop: what they see of a conversation from question to rating."""

from playwright.async_api import expect

from chatbot.domain.conversation import Source
from chatbot.domain.event import Logged, Noticed, Retracted, Spoken, Started, Typing
from tests.browser.stage import Stage

SAVED = Source("answer_bank", "Saved answer", answers=(("r", "Returning used gear"),))


async def test_only_the_loader_is_fetched_until_a_customer_shows_interest(stage: Stage) -> None:
    await stage.visit()
    asked = [url for url in stage.requests if url.startswith(stage.app.base)]
    assert asked == [f"{stage.app.base}/widget.js"]
    async with stage.page.expect_request("**/widget/panel.js"):
        await stage.launcher.hover()
    assert not [url for url in stage.requests if "/session" in url]


async def test_a_question_is_answered_from_the_bank_and_says_so(stage: Stage) -> None:
    await stage.visit()
    await stage.open()
    await stage.ask()
    reply = stage.replies.last
    await expect(reply.locator("strong").first).to_have_text("45 days")
    await expect(reply).to_contain_text("How long you can return unused items")
    await expect(reply.get_by_role("link")).to_have_attribute(
        "href", "https://wrenmoor.example/returns"
    )
    await expect(stage.announced).to_contain_text("45 days")
    await expect(stage.composer).to_be_focused()


async def test_a_reply_appears_as_it_is_written_and_is_announced_once(stage: Stage) -> None:
    await stage.visit()
    await stage.open()
    await stage.ask()
    before = await stage.announced.text_content()
    reply = await stage.begin_reply("It is: **five ", "years** for\n\n1. zips\n2. po")
    writing = stage.page.locator("li.theirs.writing")
    await expect(writing.locator("strong")).to_have_text("five years")
    await expect(writing.locator("ol > li")).to_have_text(["zips", "po"])
    await expect(writing).to_contain_text("Writing…")
    await expect(stage.log).to_have_attribute("aria-busy", "true")
    assert await stage.announced.text_content() == before
    text = "It is: **five years** for\n\n1. zips\n2. poles"
    await stage.publish(Spoken(reply, 1, len(text) - 3, "les"))
    await stage.write(text, entry_id=reply, source=Source("model", "Assistant"))
    await expect(stage.announced).to_contain_text("It is: five years for zips poles")
    await expect(stage.log).not_to_have_attribute("aria-busy", "true")
    await expect(writing).to_have_count(0)
    await expect(stage.button("Helpful").last).to_be_visible()


async def test_a_reply_that_failed_midway_is_withdrawn_before_the_next_begins(
    stage: Stage,
) -> None:
    await stage.visit()
    await stage.open()
    await stage.ask()
    reply = await stage.begin_reply("You get a new te")
    await expect(stage.log).to_contain_text("You get a new te")
    await stage.publish(Retracted(reply, 1, "provider_degraded"))
    await expect(stage.log).not_to_contain_text("You get a new te")
    await expect(stage.log).to_contain_text("Trying another way…")
    await stage.publish(Started(reply, reply, 2), Spoken(reply, 2, 0, "Zips are covered."))
    await stage.write("Zips are covered.", entry_id=reply, source=SAVED)
    await expect(stage.replies.last.locator(".source")).to_contain_text("Returning used gear")


async def test_pressing_stop_reaches_the_server(stage: Stage) -> None:
    stage_frames: list[str] = []
    stage.page.on(
        "websocket",
        lambda socket: socket.on("framesent", lambda frame: stage_frames.append(str(frame))),
    )
    await stage.visit()
    await stage.open()
    await stage.ask()
    await stage.begin_reply("Once upon")
    await stage.button("Stop").click()
    await expect(stage.composer).to_be_editable()
    assert any('"stop"' in frame for frame in stage_frames)


async def test_a_choice_is_sent_as_a_message_and_is_then_closed(stage: Stage) -> None:
    await stage.visit()
    await stage.open()
    await stage.ask()
    offered = (("a", "Exchange boots for another size"), ("b", "My boots leak"))
    await stage.write(
        "Did you mean one of these?", source=Source("answer_bank", "Saved answers", choices=offered)
    )
    asked = stage.replies.filter(has_text="Did you mean one of these?").first
    await asked.get_by_role("button", name="My boots leak").click()
    await expect(stage.own("My boots leak")).to_be_visible()
    await expect(asked.get_by_role("button", name="My boots leak")).to_be_disabled()
    await expect(asked.get_by_role("button", name="None of these")).to_be_disabled()


async def test_none_of_these_asks_for_a_person(stage: Stage) -> None:
    await stage.visit()
    await stage.open()
    await stage.ask()
    offered = (("a", "Exchange boots"), ("b", "My boots leak"))
    await stage.write("Which?", source=Source("answer_bank", "Saved answers", choices=offered))
    await stage.button("None of these").last.click()
    await expect(stage.page.locator(".ticket")).to_contain_text("is open")


async def test_a_person_is_promised_by_a_time_that_a_reload_does_not_change(stage: Stage) -> None:
    await stage.visit()
    await stage.open()
    await stage.ask()
    await stage.button("Talk to a person").click()
    card = stage.page.locator(".ticket")
    await expect(card).to_contain_text("Ticket #")
    promised = await card.locator("time").get_attribute("datetime")
    await expect(stage.log).to_contain_text("We asked a person to join")
    await expect(stage.panel).to_contain_text("Waiting for a person")
    await stage.page.reload()
    await stage.open()
    assert await card.locator("time").get_attribute("datetime") == promised


async def test_a_ticket_that_is_closed_changes_where_it_stands(stage: Stage) -> None:
    await stage.visit()
    await stage.open()
    await stage.ask()
    ticket = {"number": 4127, "subject": "Odd pair", "status": "open"}
    await stage.write(kind="ticket", data=ticket)
    await expect(stage.page.locator(".ticket")).to_contain_text("Ticket #4127 is open")
    await stage.write(kind="ticket", data=ticket | {"status": "closed"})
    await expect(stage.page.locator(".ticket")).to_have_count(1)
    await expect(stage.page.locator(".ticket")).to_contain_text("Ticket #4127 is done")


async def test_a_person_who_takes_over_is_named_and_the_bot_falls_silent(stage: Stage) -> None:
    await stage.visit()
    await stage.open()
    await stage.ask()
    await stage.begin_reply("Let me exp")
    await stage.turn_to("human", "Anna Berg")
    await expect(stage.log).to_contain_text("Anna Berg joined the conversation")
    await expect(stage.log).not_to_contain_text("Let me exp")
    await expect(stage.panel).to_contain_text("You are talking to Anna Berg")
    await expect(stage.button("Talk to a person")).to_be_hidden()
    await stage.publish(Typing("agent"))
    await expect(stage.panel).to_contain_text("Anna Berg is writing…")
    await stage.write("I have **your order** here.", role="agent")
    await expect(stage.replies.last).to_contain_text("Anna Berg")
    await expect(stage.replies.last.locator("strong")).to_have_text("your order")
    await expect(stage.panel).not_to_contain_text("is writing…")


async def test_votes_and_comments_reach_the_shop_and_stay_visible(stage: Stage) -> None:
    await stage.visit()
    await stage.open()
    await stage.ask()
    entry = await stage.write("60 days.", source=SAVED)
    reply = stage.replies.last
    await expect(reply).to_contain_text("60 days.")
    await reply.get_by_role("button", name="Not helpful").click()
    await reply.get_by_role("textbox").fill("Which 60 days?")
    await reply.get_by_role("button", name="Send comment").click()
    await expect(reply).to_contain_text("Thank you.")
    await stage.page.reload()
    await stage.open()
    await expect(stage.button("Not helpful").last).to_have_attribute("aria-pressed", "true")
    assert (await stage.judged(entry.id)) == (-1, "Which 60 days?")


async def test_a_conversation_that_ends_asks_for_a_rating_and_goes_on_if_wanted(
    stage: Stage,
) -> None:
    await stage.visit()
    await stage.open()
    await stage.ask()
    await stage.turn_to("resolved")
    await expect(stage.log).to_contain_text("This conversation is closed")
    await stage.button("4 of 5").click()
    await stage.button("Send comment").click()
    await expect(stage.log).to_contain_text("Thank you for your rating.")
    await stage.ask("One more thing")
    await expect(stage.page.locator("li.rating")).to_have_count(0)


async def test_while_the_model_is_away_a_banner_says_what_that_means(stage: Stage) -> None:
    await stage.visit()
    await stage.open()
    await stage.ask()
    await stage.publish(Noticed("degraded", ""))
    banner = stage.page.get_by_role("status").filter(has_text="Saved answers for now.")
    await expect(banner).to_be_visible()
    await stage.publish(Noticed("restored", ""))
    await expect(banner).to_be_hidden()


async def test_a_visitor_comes_back_to_their_conversation_and_finds_earlier_ones(
    stage: Stage,
) -> None:
    await stage.visit()
    await stage.open()
    await stage.ask("My first question")
    await stage.page.reload()
    await stage.open()
    await expect(stage.own("My first question")).to_be_visible()
    await stage.button("All conversations").click()
    await expect(stage.button("All conversations")).to_be_hidden()
    await expect(stage.panel).to_contain_text("Continue your conversation")
    await stage.ask("My second question")
    await expect(stage.own("My first question")).to_have_count(0)
    await stage.button("All conversations").click()
    await stage.page.locator("button.past").first.click()
    await expect(stage.own("My first question")).to_be_visible()
    await expect(stage.own("My second question")).to_have_count(0)


async def test_what_is_said_behind_a_closed_panel_is_counted_on_the_launcher(stage: Stage) -> None:
    await stage.visit()
    await stage.open()
    await stage.ask()
    await stage.write("Seen.", source=SAVED)
    await expect(stage.replies.last).to_contain_text("Seen.")
    await stage.button("Close chat").click()
    entry = await stage.write("Not seen.", source=SAVED)
    await stage.publish(Logged(entry))
    await expect(stage.launcher).to_have_accessible_name("Open chat, 1 unread message")
    await stage.page.reload()
    await expect(stage.launcher).to_have_accessible_name("Open chat, 1 unread message")
    await stage.open()
    await stage.button("Close chat").click()
    await expect(stage.launcher).to_have_accessible_name("Open chat")
