-- The figures that a file brought
select o.indicator_code as indicator, o.period, o.basis, o.answer, o.value, o.kind,
  case when o.answer = 'state' then o.value_text else '' end as state, o.sheet, o.cell
from core.observation o
join intake.submission s using (submission_id)
where s.file_id = :file_id
order by o.observation_id
