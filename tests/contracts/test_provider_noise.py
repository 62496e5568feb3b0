"""A stream that was damaged on its way, in seeded ways: a fault, or a reply, and nothing else."""

from random import Random

from chatbot.domain.ask import Completed
from chatbot.errors import ProviderDegraded, ProviderRefused
from chatbot.ports import Provider
from tests.contracts.providers import Kind, heard
from tests.fault_scenarios import REPLY, carried
from tests.fault_server import FaultServer

ROUNDS = 60
"""Streams of one test; a failure names its own in the assertion."""


def cut(data: bytes, random: Random) -> bytes:
    return data[: random.randrange(len(data))]


def damaged(data: bytes, random: Random) -> bytes:
    """With bytes changed, left out, put in, or a part of it twice."""
    spoilt = bytearray(data)
    for _ in range(random.randint(1, 4)):
        at = random.randrange(len(spoilt))
        match random.randrange(4):
            case 0:
                spoilt[at] = random.randrange(256)
            case 1:
                del spoilt[at : at + random.randint(1, 40)]
            case 2:
                spoilt[at:at] = random.randbytes(random.randint(1, 40))
            case _:
                spoilt[at:at] = spoilt[: random.randrange(len(spoilt))]
    return bytes(spoilt)


def pieces(data: bytes, random: Random) -> list[bytes]:
    """The same bytes as the network may deliver them."""
    cuts = sorted(random.choices(range(len(data) + 1), k=4))
    return [data[a:b] for a, b in zip([0, *cuts], [*cuts, len(data)], strict=True)]


async def outcome(provider: Provider) -> Completed | ProviderDegraded | ProviderRefused:
    try:
        return (await heard(provider))[1]
    except (ProviderDegraded, ProviderRefused) as error:
        return error


async def test_a_cut_is_a_fault_unless_everything_had_come(
    server: FaultServer, provider: Provider
) -> None:
    for seed in range(ROUNDS):
        random = Random(seed)  # noqa: S311 to break things, not to keep secrets
        server.default = carried(
            lambda events, random=random: pieces(cut(b"".join(events), random), random)
        )
        came = await outcome(provider)
        if isinstance(came, Completed):
            assert (came.text, came.finish) == (REPLY, "stop"), seed
        else:
            assert came.fault in {"cut", "no_finish", "empty"}, seed


async def test_damage_is_a_fault_or_is_read(
    server: FaultServer, provider: Provider, kind: Kind
) -> None:
    faults = {word for _, word in (*kind.faults.values(), *kind.refusals.values())}
    seen = set()
    for seed in range(ROUNDS):
        random = Random(seed)  # noqa: S311 to break things, not to keep secrets
        server.default = carried(
            lambda events, random=random: pieces(damaged(b"".join(events), random), random)
        )
        came = await outcome(provider)
        seen.add("read" if isinstance(came, Completed) else came.fault)
    assert seen <= faults | {"read"}
    assert len(seen) > 2, "the damage is of several kinds"
