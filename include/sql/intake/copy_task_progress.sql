-- What a batch's accepted files say of tasks, in bulk
copy core.task_progress (
  submission_id, plan_code, task_ref, period, agency_code, state, completion_pct, result, difficulty, proposal, sheet,
  cell, received_at, recorded_at)
from stdin
