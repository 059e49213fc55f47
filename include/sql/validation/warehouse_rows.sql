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
-- Cells of cumulative figures that count and are below the last one of the same year: the one that the file itself
-- corrects, else the one that counts.
falling as (
  select g.file_id, g.cell
  from figure g
  join core.indicator i on i.plan_code = g.plan_code and i.indicator_code = g.indicator_code and i.nature = 'flow'
  cross join lateral (
    select p.value
    from (
      select distinct on (e.period) e.period, e.value
      from core.observation e
      join intake.submission s on s.submission_id = e.submission_id
      where e.plan_code = g.plan_code and e.indicator_code = g.indicator_code and e.agency_code = g.agency_code
        and e.basis = g.basis and e.period < g.period and left(e.period, 4) = left(g.period, 4)
        and (e.is_correction or not exists (
          select from intake.submission n
          where (n.plan_code, n.agency_code, n.period) = (e.plan_code, e.agency_code, e.period)
            and (n.received_at, n.file_id) > (s.received_at, s.file_id)))
      order by e.period, e.submission_id = g.submission_id desc, e.received_at desc, s.file_id desc
    ) p
    where p.value is not null
    order by p.period desc
    limit 1
  ) last
  where g.basis = 'year_to_date' and not g.is_correction and g.value < last.value and not exists (
    select from intake.submission n
    where (n.plan_code, n.agency_code, n.period) = (g.plan_code, g.agency_code, g.period)
      and (n.received_at, n.file_id) > (g.received_at, g.file_id))
)
select f.file_id, f.state,
  coalesce(s.loaded, 0) as submissions_loaded,
  coalesce(g.loaded, 0) as observations_loaded,
  coalesce(t.loaded, 0) as tasks_loaded,
  -- Figures and tasks that stand under another body or period than their submission's.
  coalesce(g.orphans, 0) + coalesce(t.orphans, 0) as orphan_count,
  coalesce(d.cells, '{}') as falling_cells
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
left join (select file_id, array_agg(cell) as cells from falling group by file_id) d using (file_id)
where f.file_id = any(:file_ids)
order by f.file_id
