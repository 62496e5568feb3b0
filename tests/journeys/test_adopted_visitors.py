"""What an anonymous visitor keeps hold of once their conversation is a known customer's."""

from tests.journeys.shop import identity
from tests.running import RunningApp
from tests.visitor import Visitor

SECRET = "My order is for a surprise party"


async def test_a_left_behind_token_hears_nothing_of_the_customer_it_became(
    app: RunningApp,
) -> None:
    stayed = Visitor(app.base)
    await stayed.connect()
    await stayed.ask("is anybody there")
    customer = Visitor(app.base)
    customer.token = stayed.token
    went_along = await customer.session(identity=identity(app, app.installed.customers[0]))
    customer.conversation = went_along["conversation"]

    ended = await stayed.until(lambda frame: frame["type"] == "closed")
    await customer.connect(resume=0)
    await customer.ask(SECRET)
    back = await stayed.connect(resume=0)
    after = await stayed.next()
    status, _ = await stayed.get(f"/api/v1/conversations/{stayed.conversation}/messages")
    await customer.leave()

    assert customer.conversation == stayed.conversation
    assert ended == {"type": "closed", "code": 4014}
    assert (back["code"], after) == ("not_found", {"type": "closed", "code": 4500})
    assert status == 404
    assert SECRET not in str(stayed.heard)


async def test_an_id_that_was_given_but_never_used_may_still_be_come_back_to(
    app: RunningApp,
) -> None:
    visitor = Visitor(app.base)
    first = await visitor.connect()
    await visitor.leave()

    again = await visitor.connect()
    reply = await visitor.ask("is anybody there")
    await visitor.leave()

    assert again["conversation"] == first["conversation"]
    assert reply["text"]
