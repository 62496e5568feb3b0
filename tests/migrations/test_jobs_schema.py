"""The tables of background jobs are those that the installed PgQueuer wants."""

import asyncpg

from chatbot.adapters.queues.engine import queries_over


async def test_pgqueuer_finds_nothing_to_change_after_our_migrations(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    try:
        plan = await queries_over(connection).plan_upgrade()
    finally:
        await connection.close()
    assert not plan.statements
    assert not plan.notes
