-- The letter in force for what a body owes: the last one entered
select kind, due_at, letter_no, letter_on from core.extension
where plan_code = :plan_code and obligation = :obligation and period = :period and agency_code = :agency_code
order by extension_id desc
limit 1
