"""Airflow's LocalExecutor without two of its faults, which cost a task its place when a machine is busy.

Both are Airflow 3.3's (apache/airflow#72716; and of its executors only Celery's revokes what is stuck in the queue).
Once they are mended there, ``AIRFLOW__CORE__EXECUTOR=LocalExecutor`` does the same.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from airflow.executors import local_executor
from airflow.utils.state import TaskInstanceState


class LocalExecutor(local_executor.LocalExecutor):
    """Runs tasks in processes of the scheduler's machine.

    A task that rests (for a person, for a trigger) leaves its worker, which says so some time later: under load, after
    the task was resumed and given to a worker again. The scheduler takes that late word for the end of the resumed
    task, and the task for lost. Here it is left out. And a task whose worker was killed before it began is given to
    another one when it has been queued for ``scheduler.task_queued_timeout``.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)  # type: ignore[no-untyped-call]
        self._sent: Counter[Any] = Counter()
        self._lost_worker_at: datetime | None = None

    # Hook of BaseExecutor (Airflow 3.3), called by trigger_tasks with what is handed to workers now: no public method
    # is told of each task that goes to a worker, and how often it has gone is what change_state must know.
    def _process_workloads(self, workload_list: Sequence[Any]) -> None:
        self._sent.update(workload.key for workload in workload_list)
        super()._process_workloads(workload_list)  # type: ignore[no-untyped-call]

    def change_state(self, key: Any, state: Any, info: Any = None, remove_running: bool = True) -> None:
        """Hears of a workload's end; of an earlier stay with a worker only when that failed."""
        if state in (TaskInstanceState.SUCCESS, TaskInstanceState.FAILED):
            self._sent.subtract([key])
            if state == TaskInstanceState.SUCCESS and (self._sent[key] > 0 or key in self.queued_tasks):
                self.log.info("Left out: %s has rested and was resumed before its worker told of it.", key)
                return
            del self._sent[key]
        super().change_state(key, state, info, remove_running)

    # Own method of LocalExecutor (Airflow 3.3), called by sync and by _process_workloads: it forgets dead workers, and
    # afterwards nothing tells that there was one, nor how it ended.
    def _check_workers(self) -> None:
        if any(process.exitcode for process in self.workers.values()):
            self._lost_worker_at = datetime.now(UTC)
        super()._check_workers()  # type: ignore[no-untyped-call]

    def revoke_task(self, *, ti: Any) -> None:
        """Forgets a task that is stuck in the queue, so that the scheduler queues it again.

        Raises:
            NotImplementedError: no worker was lost since: the task is only slow to begin, and would begin twice.
        """
        if self._lost_worker_at is None or ti.queued_dttm > self._lost_worker_at:
            raise NotImplementedError
        self.queued_tasks.pop(ti.key, None)
        del self._sent[ti.key]
