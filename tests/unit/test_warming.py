"""The banks are made before the first customer asks, each by itself."""

from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import pytest

from chatbot.errors import Unavailable
from chatbot.http.opening import warm


class Banks:
    """Keeps what was asked for; the bank of *late* is not ready in time."""

    def __init__(self, late: UUID) -> None:
        self.late = late
        self.matched: list[UUID] = []
        self.refreshed: list[UUID] = []

    async def match(self, workspace_id: UUID, *_: object) -> None:
        if workspace_id == self.late:
            raise Unavailable("The answer bank is not ready yet.")
        self.matched.append(workspace_id)

    def refresh(self, workspace_id: UUID) -> None:
        self.refreshed.append(workspace_id)


async def test_a_bank_that_is_late_holds_no_other_up(caplog: pytest.LogCaptureFixture) -> None:
    late, other = uuid4(), uuid4()
    banks = Banks(late)

    async def workspaces() -> list[Any]:
        return [SimpleNamespace(id=each, bank_version=1) for each in (late, other)]

    async def wait() -> None:
        pass

    @asynccontextmanager
    async def directory() -> Any:  # noqa: ANN401 as much of one as is needed
        yield SimpleNamespace(workspaces=workspaces)

    house: Any = SimpleNamespace(
        store=SimpleNamespace(directory=directory),
        bank=banks,
        encoder=SimpleNamespace(wait=wait),
    )
    await warm(house)
    assert banks.matched == [other]
    assert banks.refreshed == [late, other]
    assert str(late) in caplog.text
