"""What waits in any workspace: statements that every process asks each second, so made once."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on

from chatbot.store.continuity_tables import deferred_questions
from chatbot.store.tables import turns
from chatbot.store.webhook_tables import webhook_deliveries

_NOW = sa.bindparam("now", type_=turns.c.created_at.type)
_MOST = sa.bindparam("most", type_=sa.Integer())
STRANDED = (
    sa.select(turns.c.workspace_id, turns.c.conversation_id)
    .where(
        turns.c.state != "done",
        sa.or_(
            turns.c.lease_until < _NOW,
            sa.and_(
                turns.c.state == "waiting",
                turns.c.created_at < sa.bindparam("long_ago", type_=turns.c.created_at.type),
            ),
        ),
    )
    .order_by(turns.c.lease_until.nulls_last())
    .limit(_MOST)
)
_queued = sa.select(
    deferred_questions.c.workspace_id,
    deferred_questions.c.conversation_id,
    deferred_questions.c.message_id,
    deferred_questions.c.created_at,
).where(deferred_questions.c.state == "queued")
_over = _queued.where(deferred_questions.c.until <= _NOW).subquery()
_due = (
    _queued.where(deferred_questions.c.until > _NOW, deferred_questions.c.due_at <= _NOW)
    .ext(distinct_on(deferred_questions.c.conversation_id))
    .order_by(deferred_questions.c.conversation_id, deferred_questions.c.created_at)
    .subquery()
)
OVER = sa.select(_over).order_by(_over.c.created_at).limit(_MOST)
DUE = sa.select(_due).order_by(_due.c.created_at).limit(_MOST)
TO_TELL = (
    sa.select(webhook_deliveries.c.workspace_id)
    .where(webhook_deliveries.c.state == "waiting", webhook_deliveries.c.due_at <= _NOW)
    .distinct()
)
