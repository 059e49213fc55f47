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
    assert fates_in_words(engine, register, file_ids) == "2 tệp: 1 tạm giữ (Sở Y tế); 1 còn chờ (Sở Y tế)"
    process(settings, register, engine, file_ids)
    check_settled(engine, file_ids)
    assert touched_periods(engine, file_ids) == []


def test_of_many_bodies_the_first_are_named(settings: Settings, register: Register, engine: Engine) -> None:
    bodies = [agency.code for agency in register.obliged][:7]
    arrivals = [Arrival(f"many-{body}", "a.xlsx", "folder", body, CAME, body.encode(), body) for body in bodies]
    # From nobody the register knows.
    arrivals.append(Arrival("many-?", "a.xlsx", "mail", "a@elsewhere.example", CAME, b"?", None))
    words = fates_in_words(engine, register, land(settings, register, engine, arrivals))
    assert words.startswith("8 tệp: 8 còn chờ (")
    assert words.endswith(" và 3 đơn vị khác)")
    assert words.count(", ") == 4
    assert fates_in_words(engine, register, []) == "Không có tệp nào chờ."
