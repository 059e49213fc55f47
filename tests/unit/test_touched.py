"""What became of files, asked of the warehouse."""

from datetime import datetime

import pytest
from sqlalchemy import Engine

from tiendo.clock import HANOI
from tiendo.collect.landing import Arrival, land
from tiendo.model.register import Register
from tiendo.process.batch import process
from tiendo.process.fates import UnsettledError, check_settled, fates_in_words, touched_periods
from tiendo.settings import Settings

CAME = datetime(2023, 3, 10, 9, tzinfo=HANOI)


@pytest.mark.slow
def test_a_file_that_waits_is_named_and_a_refused_one_touches_nothing(
    settings: Settings, register: Register, engine: Engine
) -> None:
    arrivals = [Arrival(f"claim-{n}", "a.xlsx", "folder", "so-y-te", CAME, b"no workbook %d" % n) for n in range(2)]
    file_ids = land(settings, register, engine, arrivals)
    process(settings, register, engine, file_ids[:1])
    with pytest.raises(UnsettledError, match=rf"1 of 2 files still wait for their fate: \[{file_ids[1]}\]"):
        check_settled(engine, file_ids)
    assert fates_in_words(engine, register, file_ids) == "2 tệp: 1 cách ly (Sở Y tế); 1 còn chờ (Sở Y tế)"
    process(settings, register, engine, file_ids)
    check_settled(engine, file_ids)
    assert touched_periods(engine, file_ids) == []
