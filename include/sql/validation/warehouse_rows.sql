-- What a batch left in the warehouse: one row per file of :file_ids. Run inside the batch's own transaction, where the
-- tables have no statistics of these rows yet: the steps are materialized, so that no plan reads more than the batch.
with loaded as materialized (
  select b.file_id, b.submission_id, b.agency_code as sent_by, b.period as sent_for
  from intake.submission b
  where b.file_id = any(:file_ids)
),
figure as materialized (
  select l.file_id, l.sent_by, l.sent_for, o.*
  from loaded l
  cross join lateral (select * from core.observation o where o.submission_id = l.submission_id offset 0) o
),
task as materialized (
  select l.file_id, l.sent_by, l.sent_for, t.agency_code, t.period
  from loaded l
  cross join lateral (select * from core.task_progress t where t.submission_id = l.submission_id offset 0) t
),
-- Cumulative figures below the last one known of the same year.
falling as (
  select g.file_id
  from figure g
  join core.indicator i on i.plan_code = g.plan_code and i.indicator_code = g.indicator_code and i.nature = 'flow'
  cross join lateral (
    select e.value from core.observation e
    where e.plan_code = g.plan_code and e.indicator_code = g.indicator_code and e.agency_code = g.agency_code
      and e.basis = g.basis and e.period < g.period and left(e.period, 4) = left(g.period, 4) and e.value is not null
      and e.observation_id = (
        select c.observation_id from core.observation c
        where (c.plan_code, c.indicator_code, c.agency_code, c.basis, c.period)
          = (e.plan_code, e.indicator_code, e.agency_code, e.basis, e.period)
        order by c.received_at desc, c.observation_id desc limit 1)
    order by e.period desc limit 1
  ) last
  where g.basis = 'year_to_date' and not g.is_correction and g.value < last.value
)
select f.file_id, f.state,
  coalesce(s.loaded, 0) as submissions_loaded,
  coalesce(g.loaded, 0) as observations_loaded,
  coalesce(t.loaded, 0) as tasks_loaded,
  -- Figures and tasks that stand under another body or period than their submission's.
  coalesce(g.orphans, 0) + coalesce(t.orphans, 0) as orphan_count,
  coalesce(d.falling, 0) as falling_count
from intake.submission_file f
left join (select file_id, count(*) as loaded from loaded group by file_id) s using (file_id)
left join (
  select file_id, count(*) as loaded,
    count(*) filter (where agency_code <> sent_by or is_correction and period >= sent_for
      or not is_correction and period <> sent_for) as orphans
  from figure group by file_id) g using (file_id)
left join (
  select file_id, count(*) as loaded, count(*) filter (where agency_code <> sent_by or period <> sent_for) as orphans
  from task group by file_id) t using (file_id)
left join (select file_id, count(*) as falling from falling group by file_id) d using (file_id)
where f.file_id = any(:file_ids)
order by f.file_id
