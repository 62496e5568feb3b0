"""Nothing a customer wrote is lost, whatever the network does."""

from typing import Any

from playwright.async_api import WebSocketRoute, expect

from chatbot.domain.conversation import Source
from tests.browser.stage import QUESTION, Stage
from tests.waiting import until

SAVED = Source("answer_bank", "Saved answer")


async def said(stage: Stage) -> list[str]:
    return [entry.text for entry in await stage.entries() if entry.role == "customer"]


async def test_a_draft_survives_a_reload(stage: Stage) -> None:
    await stage.visit()
    await stage.open()
    await stage.composer.fill("And does the swap c")
    await stage.page.reload()
    await stage.open()
    await expect(stage.composer).to_have_value("And does the swap c")


async def test_what_is_written_without_a_network_is_sent_once_when_it_is_back(
    stage: Stage,
) -> None:
    await stage.visit()
    await stage.open()
    await stage.ask("First")
    await stage.page.context.set_offline(True)
    await stage.app.office.heart.close_all(1012)
    await stage.composer.fill("Second")
    await stage.composer.press("Enter")
    await expect(stage.own("Second")).to_contain_text("Waiting to send")
    await expect(stage.panel).to_contain_text("You are offline. Your messages wait here.")
    await stage.composer.fill("Third")
    await stage.composer.press("Enter")
    await stage.page.context.set_offline(False)
    await expect(stage.page.locator("li.mine.waiting")).to_have_count(0)
    await expect(stage.panel).not_to_contain_text("Your messages wait here.")
    assert await said(stage) == ["First", "Second", "Third"]


async def test_an_unsent_message_survives_a_reload_and_fetches_the_panel_by_itself(
    stage: Stage,
) -> None:
    await stage.sever()
    await stage.visit()
    await stage.open()
    await stage.composer.fill("Do not lose me")
    await stage.composer.press("Enter")
    await expect(stage.own("Do not lose me")).to_contain_text("Waiting to send")
    await stage.page.unroute_all()
    page = await stage.page.context.new_page()
    again = Stage(stage.app, stage.shop, page)
    await again.visit()

    async def sent() -> bool:
        return await again.kept("outbox") is None

    await until(sent, "the message was sent")
    assert await said(again) == ["Do not lose me"]
    await again.open()
    await expect(again.own("Do not lose me")).to_contain_text("Sent")


async def test_a_lost_frame_is_noticed_and_fetched(stage: Stage) -> None:
    lost: list[str] = []

    def keep(frame: dict[str, Any]) -> bool:
        if frame.get("text") == "You never saw this." and not lost:
            lost.append(frame["type"])
            return False
        return True

    await stage.meddle(keep)
    await stage.visit()
    await stage.open()
    await stage.ask()
    await stage.write("You never saw this.", source=SAVED)
    await stage.write("But you see this.", source=SAVED)
    await expect(stage.log).to_contain_text("But you see this.")
    await expect(stage.log).to_contain_text("You never saw this.")
    assert lost == ["message"]


async def test_a_lost_piece_of_a_reply_is_noticed_and_the_reply_is_whole(stage: Stage) -> None:
    lost: list[str] = []

    def keep(frame: dict[str, Any]) -> bool:
        if frame["type"] == "delta" and frame["offset"] == 4 and not lost:
            lost.append(frame["text"])
            return False
        return True

    await stage.meddle(keep)
    await stage.visit()
    await stage.open()
    await stage.ask()
    reply = await stage.begin_reply("One ")
    await expect(stage.log).to_contain_text("One")
    await stage.publish(*stage.spoken(reply, 4, "two "))
    await until(lambda: bool(lost), "a piece was lost")
    await stage.publish(*stage.spoken(reply, 8, "three"))
    await expect(stage.replies.last.locator(".words p")).to_have_text("One two three")


async def test_a_deploy_is_not_even_noticed(stage: Stage) -> None:
    await stage.visit()
    await stage.open()
    await stage.ask()
    await stage.app.office.heart.close_all(4001)
    await stage.ask("Still there?")
    await expect(stage.panel).not_to_contain_text("Reconnecting")


async def test_trouble_is_told_only_after_two_seconds(stage: Stage) -> None:
    await stage.page.clock.install()
    await stage.visit()
    await stage.open()
    await stage.ask()
    await stage.sever()
    await stage.app.office.heart.close_all(1012)
    await stage.page.clock.run_for(1900)
    await expect(stage.panel).not_to_contain_text("Reconnecting")
    await stage.page.clock.run_for(200)
    await expect(stage.panel).to_contain_text("Reconnecting. Your messages wait here.")
    await expect(stage.composer).to_be_editable()


async def test_a_message_that_is_refused_keeps_its_text_and_can_be_sent_again(
    stage: Stage,
) -> None:
    refused: list[str] = []

    def between(socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()

        def to_server(message: str | bytes) -> None:
            frame = stage.frame(message)
            if frame["type"] == "send" and not refused:
                refused.append(frame["cid"])
                error = {"type": "error", "code": "conflict", "message": "No.", "cid": frame["cid"]}
                socket.send(stage.text(error))
            else:
                server.send(message)

        socket.on_message(to_server)

    await stage.page.route_web_socket("**/ws/chat", between)
    await stage.visit()
    await stage.open()
    await stage.composer.fill("Swap it for the women's version?")
    await stage.composer.press("Enter")
    message = stage.own("Swap it for the women's version?")
    await expect(message).to_contain_text("Not sent. That is not possible now.")
    await stage.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await message.get_by_role("button", name="Copy").click()
    await expect(message).to_contain_text("Copied")
    copied = await stage.page.evaluate("navigator.clipboard.readText()")
    assert copied == "Swap it for the women's version?"
    await message.get_by_role("button", name="Try again").click()
    await expect(message).to_contain_text("Sent")
    assert await said(stage) == ["Swap it for the women's version?"]


async def test_a_chat_that_was_closed_for_good_says_so_and_offers_a_way(stage: Stage) -> None:
    await stage.visit()
    await stage.open()
    await stage.ask()
    await stage.app.office.heart.close_all(4500)
    await expect(stage.panel).to_contain_text("This chat cannot connect.")
    await stage.composer.fill("Anybody?")
    await stage.panel.get_by_role("button", name="Try again").click()
    await expect(stage.panel).not_to_contain_text("This chat cannot connect.")
    await expect(stage.composer).to_have_value("Anybody?")


async def test_a_token_that_expires_is_renewed_behind_the_scene(stage: Stage) -> None:
    await stage.visit()
    await stage.open()
    await stage.ask()
    async with stage.page.expect_request("**/api/v1/widget/session"):
        await stage.app.office.heart.close_all(4014)
    await stage.ask("And again")
    assert await said(stage) == [QUESTION, "And again"]


async def test_two_tabs_show_the_same_conversation(stage: Stage) -> None:
    await stage.visit()
    await stage.open()
    await stage.ask()
    other = Stage(stage.app, stage.shop, await stage.page.context.new_page())
    await other.visit()
    await other.open()
    await other.ask("From the second tab")
    await expect(stage.own("From the second tab")).to_be_visible()


async def test_a_panel_that_cannot_be_fetched_says_so_and_can_be_tried_again(stage: Stage) -> None:
    await stage.page.route("**/widget/panel.js*", lambda route: route.abort())
    await stage.visit()
    await stage.launcher.click()
    await expect(stage.page.locator(".trouble")).to_contain_text("The chat did not load.")
    await stage.page.unroute("**/widget/panel.js*")
    await stage.open()
    await expect(stage.page.locator(".trouble")).to_be_hidden()


async def test_a_text_that_is_too_long_is_kept_and_not_sent(stage: Stage) -> None:
    await stage.visit()
    await stage.open()
    await expect(stage.panel).to_contain_text("Automated")
    await stage.composer.fill("x" * 4003)
    await stage.composer.press("Enter")
    await expect(stage.panel).to_contain_text("3 characters too long")
    await expect(stage.composer).to_have_value("x" * 4003)
