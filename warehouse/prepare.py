"""Roles, schemas and settings that the warehouse needs in its database; safe to repeat."""

from __future__ import annotations

import logging

import psycopg
from psycopg import sql

from warehouse import locks
from warehouse.config import API_READER, READER, variables
from warehouse.db import Connection
from warehouse.errors import WarehouseError

log = logging.getLogger(__name__)

SCHEMAS = ("bronze", "silver", "curated", "dst", "gold")
READER_SCHEMAS = ("dst", "gold")


def prepare(
    conn: Connection,
    owner: str,
    api_password: str | None = None,
    reader_password: str | None = None,
) -> None:
    """Create what is missing, inside the caller's transaction.

    Args:
        conn: connected to the warehouse's database as ``owner`` or as an administrator.
        owner: the role that owns the schemas and that dbt builds with.
        api_password: lets the API's role log in; by default ``API_READER_PASSWORD``.
        reader_password: lets bi_reader log in; ``BI_READER_PASSWORD`` comes before it.

    Raises:
        WarehouseError: something is missing and this user may not create it.
    """
    dbname = conn.info.dbname
    conn.execute("select pg_advisory_xact_lock(%s)", (locks.PREPARE,))
    found = variables()
    _role(conn, READER, found.get("BI_READER_PASSWORD") or reader_password)
    _role(conn, API_READER, api_password or found.get("API_READER_PASSWORD"))
    for schema in SCHEMAS:
        _schema(conn, schema, owner)
    _reads_as_readers(conn, owner)
    # In silver the API reads which builds there were, and may nothing else.
    for role, schemas in ((READER, READER_SCHEMAS), (API_READER, (*READER_SCHEMAS, "silver"))):
        for schema in schemas:
            _attempt(
                conn,
                sql.SQL("grant usage on schema {} to {}").format(
                    sql.Identifier(schema), sql.Identifier(role)
                ),
                f"let {role} into schema {schema}",
            )
    database = sql.Identifier(dbname)
    _attempt(
        conn,
        sql.SQL("alter database {} set timezone = 'UTC'").format(database),
        "set the database's time zone",
    )
    _attempt(
        conn,
        sql.SQL("alter database {} set search_path = dst, curated, gold, public").format(database),
        "set the database's search path",
    )
    for setting in (
        # The default keeps full-table CTAS serial; measured 1.2 to 1.9 times faster with this.
        "parallel_tuple_cost = 0.001",
        "jit = off",
    ):
        _attempt(
            conn,
            sql.SQL("alter role {} in database {} set {}").format(
                sql.Identifier(owner), database, sql.SQL(setting)
            ),
            f"set {setting} for {owner}",
        )


def _role(conn: Connection, name: str, password: str | None) -> None:
    role = sql.Identifier(name)
    if conn.execute("select 1 from pg_roles where rolname = %s", (name,)).fetchone() is None:
        try:
            with conn.transaction():
                conn.execute(sql.SQL("create role {} nologin").format(role))
        except psycopg.errors.InsufficientPrivilege:
            raise WarehouseError(
                f"Role {name} is missing and user {conn.info.user} may not create roles: let an"
                f" administrator run `create role {name}` once."
            ) from None
        except (psycopg.errors.DuplicateObject, psycopg.errors.UniqueViolation):
            pass  # another database of this server was prepared at the same moment
    if password:
        _attempt(
            conn,
            sql.SQL("alter role {} login password {}").format(role, sql.Literal(password)),
            f"let {name} log in",
        )


def _reads_as_readers(conn: Connection, owner: str) -> None:
    member = conn.execute("select pg_has_role(%s, %s, 'member')", (owner, READER)).fetchone()
    if member != (True,):
        # so that what leaves the warehouse can be read with the eyes of its readers
        _attempt(
            conn,
            sql.SQL("grant {} to {}").format(sql.Identifier(READER), sql.Identifier(owner)),
            f"let {owner} take on the role {READER} (needed by `python -m warehouse duckdb`)",
        )


def _schema(conn: Connection, schema: str, owner: str) -> None:
    if conn.execute("select 1 from pg_namespace where nspname = %s", (schema,)).fetchone():
        return
    try:
        with conn.transaction():
            conn.execute(
                sql.SQL("create schema {} authorization {}").format(
                    sql.Identifier(schema), sql.Identifier(owner)
                )
            )
    except psycopg.errors.InsufficientPrivilege:
        raise WarehouseError(
            f"Schema {schema} is missing and user {conn.info.user} may not create it: let an"
            f" administrator run `grant create on database {conn.info.dbname} to {owner}`."
        ) from None


def _attempt(conn: Connection, statement: sql.Composed, what: str) -> None:
    """Run a statement that the warehouse can do without; a refusal is a warning."""
    try:
        with conn.transaction():
            conn.execute(statement)
    except psycopg.errors.InsufficientPrivilege:
        log.warning("User %s may not %s; going on without.", conn.info.user, what)
