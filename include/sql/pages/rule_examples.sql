-- The last places where a rule was broken; of one on trial nobody was told, so there are no words
select f.receipt_no, f.received_at, f.period, coalesce(f.agency_code, f.sender_agency_code) as agency_code, x.sheet, x.cell,
  x.message, x.found, x.expected
from intake.submission_file f
cross join lateral (
  select n.sheet, n.cell, n.message, n.found, n.expected from intake.finding n
  where n.file_id = f.file_id and n.rule = :rule
  union all
  select b.sheet, b.cell, '', '', '' from intake.broken_rule b
  where b.file_id = f.file_id and b.rule = :rule and b.fate = 'trial'
) x
where f.plan_code = :plan_code and f.state <> 'trial'
order by f.received_at desc, f.file_id desc, x.cell
limit 20
