-- Periods of a plan that are closed, or published
select p.period from core.period p
where p.plan_code = :plan_code and (p.closing_at <= :now or exists (
  select from core.edition e where e.plan_code = p.plan_code and e.period = p.period))
order by p.period
