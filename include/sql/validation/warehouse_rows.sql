-- What a batch left in the warehouse: one row per file of :file_ids. Run inside the batch's own transaction.
select f.file_id, f.state,
  (select count(*) from intake.submission b where b.file_id = f.file_id) as submissions_loaded,
  (select count(*) from core.observation o join intake.submission b using (submission_id)
    where b.file_id = f.file_id) as observations_loaded,
  (select count(*) from core.task_progress t join intake.submission b using (submission_id)
    where b.file_id = f.file_id) as tasks_loaded,
  -- Figures and tasks that stand under another body or period than their submission's.
  (select count(*) from core.observation o join intake.submission b using (submission_id)
    where b.file_id = f.file_id
      and (o.agency_code <> b.agency_code or o.is_correction and o.period >= b.period
        or not o.is_correction and o.period <> b.period))
  + (select count(*) from core.task_progress t join intake.submission b using (submission_id)
    where b.file_id = f.file_id and (t.agency_code <> b.agency_code or t.period <> b.period)) as orphan_count,
  -- Cumulative figures of this file below the last one known of the same year.
  (select count(*)
    from core.observation o
    join intake.submission b using (submission_id)
    join core.indicator i on i.plan_code = o.plan_code and i.indicator_code = o.indicator_code and i.nature = 'flow'
    cross join lateral (
      select e.value from core.observation e
      where e.plan_code = o.plan_code and e.indicator_code = o.indicator_code and e.agency_code = o.agency_code
        and e.basis = o.basis and e.period < o.period and left(e.period, 4) = left(o.period, 4) and e.value is not null
        and e.observation_id = (
          select c.observation_id from core.observation c
          where (c.plan_code, c.indicator_code, c.agency_code, c.basis, c.period)
            = (e.plan_code, e.indicator_code, e.agency_code, e.basis, e.period)
          order by c.received_at desc, c.observation_id desc limit 1)
      order by e.period desc limit 1
    ) last
    where b.file_id = f.file_id and o.basis = 'year_to_date' and not o.is_correction and o.value < last.value
  ) as falling_count
from intake.submission_file f
where f.file_id = any(:file_ids)
order by f.file_id
