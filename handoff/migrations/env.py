"""How Alembic is run: in the transaction of whoever asks for it, so that all of it happens or nothing."""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
with context.begin_transaction():
    context.run_migrations()
