"""How Alembic runs here: on a connection that `chatbot.store.migrate` hands over."""

from alembic import context
from sqlalchemy import text

from chatbot.store.metadata import metadata

connection = context.config.attributes["connection"]
connection.execute(text("SET LOCAL lock_timeout = '5s'"))
context.configure(connection=connection, target_metadata=metadata, transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
