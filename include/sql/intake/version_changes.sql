-- What accepted files say otherwise than was said before them: the figures and tasks of their own period beside those of
-- the version before, corrections beside the figure known till then. null: nothing was, or is, said of it.
with version as (
  select s.file_id, s.submission_id, s.received_at, p.submission_id as previous_id
  from intake.submission s
  left join lateral (
    select e.submission_id from intake.submission e
    where (e.plan_code, e.agency_code, e.period) = (s.plan_code, s.agency_code, s.period)
      and (e.received_at, e.file_id) < (s.received_at, s.file_id)
    order by e.received_at desc, e.file_id desc
    limit 1
  ) p on true
  where s.file_id = any(:file_ids)
),
side as (
  select file_id, submission_id, true as is_new from version where previous_id is not null
  union all
  select file_id, previous_id, false from version where previous_id is not null
),
said as (
  select s.file_id, s.is_new, 'indicator' as subject, o.indicator_code as code, o.period, o.basis, o.answer, o.value, o.kind,
    case when o.answer = 'state' then o.value_text else '' end as told
  from side s join core.observation o using (submission_id)
  where not o.is_correction
  union all
  select s.file_id, s.is_new, 'task', t.task_ref, t.period, '', t.state, t.completion_pct, '', ''
  from side s join core.task_progress t using (submission_id)
  union all
  select v.file_id, true, 'indicator', o.indicator_code, o.period, o.basis, o.answer, o.value, o.kind,
    case when o.answer = 'state' then o.value_text else '' end
  from version v join core.observation o using (submission_id)
  where o.is_correction
  union all
  select v.file_id, false, 'indicator', o.indicator_code, o.period, o.basis, e.answer, e.value, e.kind,
    case when e.answer = 'state' then e.value_text else '' end
  from version v
  join core.observation o using (submission_id)
  cross join lateral (
    select e.answer, e.value, e.kind, e.value_text
    from core.observation e join intake.submission b using (submission_id)
    where (e.plan_code, e.agency_code, e.indicator_code, e.period, e.basis)
        = (o.plan_code, o.agency_code, o.indicator_code, o.period, o.basis)
      and (b.received_at, b.file_id) < (v.received_at, v.file_id)
    order by e.received_at desc, b.file_id desc
    limit 1
  ) e
  where o.is_correction
)
select file_id, subject, code, period, basis,
  max(answer) filter (where not is_new) as old_answer, max(value) filter (where not is_new) as old_value,
  max(kind) filter (where not is_new) as old_kind, max(answer) filter (where is_new) as new_answer,
  max(value) filter (where is_new) as new_value, max(kind) filter (where is_new) as new_kind,
  max(told) filter (where not is_new) as old_told, max(told) filter (where is_new) as new_told
from said
group by file_id, subject, code, period, basis
having (max(answer) filter (where is_new), max(value) filter (where is_new), max(kind) filter (where is_new),
    max(told) filter (where is_new))
  is distinct from
  (max(answer) filter (where not is_new), max(value) filter (where not is_new), max(kind) filter (where not is_new),
    max(told) filter (where not is_new))
