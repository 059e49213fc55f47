"""Great Expectations' Data Docs of one period, for operations: its files' tables and its rows of the mart."""

from pathlib import Path

from sqlalchemy import Engine

from tiendo import clock
from tiendo.model.period import Period
from tiendo.model.register import Register
from tiendo.process.history import fetch_history
from tiendo.reading.files import read_files
from tiendo.settings import Settings
from tiendo.warehouse.engine import loader
from tiendo.warehouse.sql import fetch_frame, statement


def write_data_docs(settings: Settings, register: Register, engine: Engine, period: Period) -> Path:
    """Runs the suites over what a period consists of now and writes ``data_docs/<period>/``.

    Returns:
        The site's ``index.html``.
    """
    from tiendo.validation.check import BatchFile, batch_frames
    from tiendo.validation.data_docs import build_data_docs
    from tiendo.validation.own_tables import mart_frame

    parameters = {"plan_code": register.code, "period": str(period)}
    with loader(engine) as connection:
        files = connection.execute(statement("intake/files_of_period.sql"), parameters).all()
        mart_rows = fetch_frame(connection, "mart/status_at.sql", instant=clock.now(), **parameters)
    contents = read_files(settings, [file.sha256 for file in files])
    batch = [
        BatchFile(file.file_id, file.name, file.sender_agency_code or "", content)
        for file, content in zip(files, contents, strict=True)
    ]
    history = fetch_history(engine, register, contents, [item.sender_agency for item in batch])
    frames = batch_frames(register, batch, history, today=clock.today())
    frames["mart"] = mart_frame(register, mart_rows, clock.now())
    return build_data_docs(settings.home / "data_docs" / str(period), frames)
