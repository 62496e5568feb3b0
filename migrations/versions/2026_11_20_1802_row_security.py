"""
Row level security: the second wall behind the doors that take a workspace.

FORCE makes the policies hold for the tables' owner too, which is the role the application
signs in with. Without a workspace (or the directory flag) set, every table looks empty.

Expand only: the old version of the application runs beside this one during a deploy.
"""

from alembic import op

revision = "0003"
down_revision = "0002"

DIRECTORY = ("workspaces", "users", "sessions", "api_keys")
TENANT = (
    "workspaces",
    "users",
    "sessions",
    "api_keys",
    "customers",
    "customer_events",
    "identities_used",
    "conversations",
    "entries",
    "notes",
    "turns",
    "journal",
    "tool_results",
    "tickets",
    "answers",
    "answer_revisions",
    "phrasing_vectors",
    "rules",
    "model_calls",
    "feedback",
    "audit_lines",
    "idempotency_keys",
)
WORKSPACE = "nullif(current_setting('app.workspace_id', true), '')::uuid"
LOOKING_UP = "current_setting('app.directory', true) = 'on'"


def upgrade() -> None:
    for table in TENANT:
        column = "id" if table == "workspaces" else "workspace_id"
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY tenant ON {table} USING ({column} = {WORKSPACE}) "
            f"WITH CHECK ({column} = {WORKSPACE})"
        )
    for table in DIRECTORY:
        op.execute(
            f"CREATE POLICY directory ON {table} USING ({LOOKING_UP}) WITH CHECK ({LOOKING_UP})"
        )
    # The sweep for stranded turns reads which turns of which workspaces have no living lease.
    op.execute(f"CREATE POLICY sweep ON turns FOR SELECT USING ({LOOKING_UP})")
    # Audit lines are only ever added, and go only with their whole workspace.
    op.execute(
        "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "IF TG_OP = 'DELETE' AND current_setting('app.erasing', true) = 'on' THEN "
        "RETURN OLD; END IF; "
        "RAISE EXCEPTION 'audit lines are never changed'; END $$"
    )
    op.execute(
        "CREATE TRIGGER audit_lines_are_kept BEFORE UPDATE OR DELETE ON audit_lines "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER audit_lines_are_kept ON audit_lines")
    op.execute("DROP FUNCTION refuse_change()")
    op.execute("DROP POLICY sweep ON turns")
    for table in DIRECTORY:
        op.execute(f"DROP POLICY directory ON {table}")
    for table in TENANT:
        op.execute(f"DROP POLICY tenant ON {table}")
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
