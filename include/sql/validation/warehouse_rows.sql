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
  -- Cells of cumulative figures that count and are below the last one of the same year: the one that the file itself
  -- corrects, else the one that counts.
  array(
    select o.cell
    from core.observation o
    join intake.newest_submission b using (submission_id)
    join core.indicator i on i.plan_code = o.plan_code and i.indicator_code = o.indicator_code and i.nature = 'flow'
    cross join lateral (
      select p.value
      from (
        select distinct on (e.period) e.period, e.value
        from core.observation e
        join intake.submission s using (submission_id)
        where e.plan_code = o.plan_code and e.indicator_code = o.indicator_code and e.agency_code = o.agency_code
          and e.basis = o.basis and e.period < o.period and left(e.period, 4) = left(o.period, 4)
          and (e.is_correction or exists (
            select from intake.newest_submission n where n.submission_id = e.submission_id))
        order by e.period, e.submission_id = o.submission_id desc, e.received_at desc, s.file_id desc
      ) p
      where p.value is not null
      order by p.period desc
      limit 1
    ) last
    where b.file_id = f.file_id and o.basis = 'year_to_date' and not o.is_correction and o.value < last.value
  ) as falling_cells
from intake.submission_file f
where f.file_id = any(:file_ids)
order by f.file_id
