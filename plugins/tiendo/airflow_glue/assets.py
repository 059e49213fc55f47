"""The joints between the DAGs: the assets that one makes and the next waits for, and the tags they are found by."""

from enum import StrEnum

from airflow.sdk import Asset


class Tag(StrEnum):
    """The few tags a DAG may have."""

    INTAKE = "tiếp nhận"
    STATUS = "đánh giá"
    REPORT = "báo cáo"


LANDING = Asset(name="landing", uri="tiendo://landing")
"""Files that are archived and in the ledger, and wait for their fate."""

OBSERVATION = Asset(name="observation", uri="tiendo://observation")
"""Figures and task reports in ``core``. Partition: the period they speak of."""

INDICATOR_STATUS = Asset(name="indicator_status", uri="tiendo://indicator_status")
"""``mart.indicator_status``, graded and checked. Partition: the period."""

EDITION = Asset(name="edition", uri="tiendo://edition")
"""A published edition. Partition: the period."""
