-- Brings up to date all that is kept: after an upgrade, which may have changed what is kept or how it is worked out
do $$
declare unit record;
begin
  for unit in
    select s.plan_code, s.period, array_agg(distinct s.indicator_code) as indicators
    from core.indicator_status s group by s.plan_code, s.period order by s.plan_code, s.period
  loop
    perform core.keep_verdicts(unit.plan_code, unit.period, unit.indicators);
  end loop;
  for unit in
    select o.plan_code, o.period, (
      select coalesce(array_agg(a.agency_code), '{}') from core.agency a where a.plan_code = o.plan_code) as bodies
    from (select p.plan_code, p.period from core.period p union select b.plan_code, b.period from core.obligation b) o
    order by o.plan_code, o.period
  loop
    perform core.keep_period(unit.plan_code, unit.period, unit.bodies, true);
  end loop;
end
$$;
