"""The load lock: loads of different bodies go side by side, of one body one after another, an edition by itself."""

from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from tiendo.warehouse.engine import LOAD_LOCK, loader, lock_for_load


def is_waiting(engine: Engine, bodies: list[str] | None) -> bool:
    """Whether a load of these bodies (None: an edition) has to wait now."""
    with engine.connect() as connection:
        connection.exec_driver_sql("set local lock_timeout = '200ms'")
        try:
            if bodies is None:
                connection.exec_driver_sql(LOAD_LOCK)
            else:
                lock_for_load(connection, bodies)
        except OperationalError as error:
            if "lock timeout" not in str(error):
                raise
            return True
        return False


def test_loads_of_other_bodies_go_on_and_everything_else_waits(engine: Engine) -> None:
    with loader(engine) as loading:
        lock_for_load(loading, ["so-y-te", "so-tai-chinh"])
        assert not is_waiting(engine, ["so-xay-dung", ""])
        assert is_waiting(engine, ["so-xay-dung", "so-y-te"])
        assert is_waiting(engine, None)
    assert not is_waiting(engine, ["so-y-te"])
    assert not is_waiting(engine, None)


def test_nothing_is_loaded_while_an_edition_is_made(engine: Engine) -> None:
    with loader(engine) as editing:
        editing.exec_driver_sql(LOAD_LOCK)
        assert is_waiting(engine, ["so-y-te"])
    assert not is_waiting(engine, ["so-y-te"])
