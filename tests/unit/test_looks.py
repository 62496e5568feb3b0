"""When streams are looked at."""

import asyncio

from chatbot.adapters.providers.looks import Looks


class Note:
    """A valve that writes down what became of it."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def shut(self) -> None:
        self.told.append("shut")

    def open(self) -> None:
        self.told.append("open")


async def test_whoever_waits_is_woken_in_the_same_moment_as_the_others() -> None:
    looks, order = Looks(0.2), []

    async def wait(name: str) -> None:
        await looks.next(Note())
        order.append(name)

    waits = [asyncio.create_task(wait(name)) for name in "abc"]
    await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    await asyncio.sleep(0)
    assert order == ["a", "b", "c"]


async def test_the_next_moment_is_never_nearer_than_half_of_the_time_between_two() -> None:
    looks, loop = Looks(0.1), asyncio.get_running_loop()
    for _ in range(8):
        began = loop.time()
        await looks.next(Note())
        assert loop.time() - began >= 0.049  # a loop's clock may count whole milliseconds
        await asyncio.sleep(0.013)


async def test_what_arrived_can_be_read_before_anybody_is_woken() -> None:
    looks, note, loop = Looks(0.05), Note(), asyncio.get_running_loop()

    def opened() -> None:
        note.told.append("opened")
        loop.call_soon(loop.call_soon, note.told.append, "read")

    note.open = opened  # type: ignore[method-assign]
    await looks.next(note)
    assert note.told[:3] == ["shut", "opened", "read"]


async def test_a_valve_that_sticks_keeps_nobody_else_waiting() -> None:
    looks, stuck, other = Looks(0.05), Note(), Note()
    told: list[str] = []
    asyncio.get_running_loop().set_exception_handler(
        lambda _, context: told.append(str(context["exception"]))
    )

    def sticks() -> None:
        raise RuntimeError("stuck")

    stuck.open = sticks  # type: ignore[method-assign]
    waits = [asyncio.create_task(looks.next(each)) for each in (stuck, other)]
    done, _ = await asyncio.wait(waits, timeout=5)
    assert len(done) == 2
    assert told == ["stuck"]
    assert isinstance(waits[0].exception(), RuntimeError)
    assert waits[1].exception() is None
    assert other.told[-1] == "open"


async def test_it_is_open_again_for_one_that_goes_away() -> None:
    note = Note()
    leaver = asyncio.create_task(Looks(30).next(note))
    await asyncio.sleep(0)
    assert note.told == ["shut"]
    leaver.cancel()
    await asyncio.wait({leaver})
    assert note.told == ["shut", "open"]


async def test_one_that_goes_away_leaves_the_others_waiting() -> None:
    looks = Looks(0.05)
    leaver, stayer = (
        asyncio.create_task(looks.next(Note())),
        asyncio.create_task(looks.next(Note())),
    )
    await asyncio.sleep(0)
    leaver.cancel()
    await asyncio.wait_for(stayer, 1)
    assert leaver.cancelled()
    assert not stayer.cancelled()


async def test_without_a_pace_others_come_in_between_and_nobody_waits() -> None:
    turns: list[str] = []

    async def go(name: str) -> None:
        for _ in range(3):
            turns.append(name)
            await Looks(0).next(Note())

    await asyncio.gather(go("a"), go("b"))
    assert turns == ["a", "b"] * 3
