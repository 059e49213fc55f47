"""Makes roles and databases on a PostgreSQL server of our own, before anything can be migrated.

Each side owns its database and is nobody in the other's. The roles of the warehouse are made beforehand, so that its
owner need not be able to create any.
"""

import psycopg
from psycopg import sql
from sqlalchemy import URL

# From here on a membership says what it is for; who creates a role may only hand it on.
_OPTIONS_SINCE = 160000


class ServerError(RuntimeError):
    """Roles and databases cannot be made as the addresses name them; the message says why."""


def prepare_server(admin: URL, warehouse: URL, metadata: URL) -> None:
    """Makes what is missing on a server; safe to repeat, after a crash too, and to run from several processes at once.

    Roles get the passwords of their addresses anew, so that a changed one takes effect. No password reaches the server
    in clear, hence none its logs.

    Args:
        admin: address of a superuser, or of a role that may create roles and databases; of database ``postgres``.
        warehouse: role, password and database of the warehouse, as it will be opened.
        metadata: the same of Airflow's own database.

    Raises:
        ServerError: the server does not let us in or refuses a step, or the addresses do not name two roles and
            databases on it.
    """
    _check(admin, warehouse, metadata)
    place = admin.translate_connect_args(username="user", database="dbname") | dict(admin.query)
    try:
        connection = psycopg.connect(**place, autocommit=True, connect_timeout=10)
    except psycopg.OperationalError as error:
        raise ServerError(
            f"The database server does not let {admin.username} in: {' '.join(str(error).split())}. Its address is "
            "TIENDO_ADMIN_DATABASE_URL; in compose its password is POSTGRES_PASSWORD of .env."
        ) from error
    try:
        with connection:
            _prepare(connection, warehouse, metadata)
    except psycopg.Error as error:
        # The server's own sentence alone: what follows it in the error may quote the statement.
        told = error.diag.message_primary or type(error).__name__
        raise ServerError(f"The database server refuses {admin.username}: {told}") from error


def _prepare(connection: psycopg.Connection, warehouse: URL, metadata: URL) -> None:
    connection.execute("select pg_advisory_lock(hashtext('tiendo.server'))")
    for url in (warehouse, metadata):
        _make_login(connection, url)
        _make_database(connection, url)
    for role in ("tiendo_loader", "tiendo_reader"):
        if not _found(connection, "select from pg_roles where rolname = %s", role):
            _run(connection, "create role {} nologin", role)
        _run(connection, "grant {} to {}", role, warehouse.username)
    _run(connection, "grant connect on database {} to tiendo_reader", warehouse.database)


def _check(admin: URL, warehouse: URL, metadata: URL) -> None:
    for name, url in (("warehouse", warehouse), ("Airflow's database", metadata)):
        if not (url.username and url.password and url.database):
            raise ServerError(f"The address of the {name} must name a role, its password and a database: {_told(url)}")
        if _place(url) != _place(admin):
            raise ServerError(
                f"The address of the {name} is not on the administrator's server: {_told(url)}; {_told(admin)}"
            )
    urls = (admin, warehouse, metadata)
    if any(len({getattr(url, part) for url in urls}) < len(urls) for part in ("username", "database")):
        raise ServerError(
            "Administrator, warehouse and Airflow each need a role and a database of their own: "
            + ", ".join(f"{url.username} in {url.database}" for url in urls)
        )


def _told(url: URL) -> str:
    """Returns what is surely no secret: of a password that was miswritten, a part may pass for the host."""
    return f"role {url.username}, database {url.database}, port {url.port or 5432}"


def _place(url: URL) -> tuple[object, ...]:
    return url.host, url.port or 5432, url.query.get("host")


def _make_login(connection: psycopg.Connection, url: URL) -> None:
    role, password = str(url.username), str(url.password)
    if _found(connection, "select from pg_roles where rolname = %s and rolsuper", role):
        raise ServerError(f"{role} is a superuser of the database server: name another role, which need not exist.")
    secret = connection.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256").decode()
    if not _found(connection, "select from pg_roles where rolname = %s", role):
        _run(connection, "create role {}", role)
    connection.execute(sql.SQL("alter role {} login password {}").format(sql.Identifier(role), secret))


def _make_database(connection: psycopg.Connection, url: URL) -> None:
    """Makes the database its role's own, which who is no superuser may do only as a member of that role."""
    if not _found(connection, "select from pg_roles where rolsuper and rolname = %s", connection.info.user):
        how = " with inherit true, set true" if connection.info.server_version >= _OPTIONS_SINCE else ""
        _run(connection, "grant {} to current_user" + how, url.username)
    if not _found(connection, "select from pg_database where datname = %s", url.database):
        _run(connection, "create database {} owner {}", url.database, url.username)
    _run(connection, "alter database {} owner to {}", url.database, url.username)
    _run(connection, "revoke all on database {} from public", url.database)


def _found(connection: psycopg.Connection, query: str, name: str | None) -> bool:
    return connection.execute(query.encode(), (name,)).fetchone() is not None


def _run(connection: psycopg.Connection, command: str, *names: str | None) -> None:
    connection.execute(sql.SQL(command).format(*(sql.Identifier(str(name)) for name in names)))
