-- Brings up to date how long verdicts held, and the trend of those that hold: of some indicators from a period on
create or replace function core.keep_verdicts(of_plan_code text, of_period text, indicators text[]) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  -- Later is what was stored later: a replay that begins anew knows nothing of an earlier one's later instants
  update core.indicator_status s set replaced_at = n.replaced_at
  from (
    select h.indicator_status_id, min(h.as_of) over (
        partition by h.indicator_code order by h.indicator_status_id desc
        rows between unbounded preceding and 1 preceding) as replaced_at
    from core.indicator_status h
    where h.plan_code = of_plan_code and h.period = of_period and h.indicator_code = any(indicators)
  ) n
  where s.indicator_status_id = n.indicator_status_id and s.replaced_at is distinct from n.replaced_at;
  -- A later period of the year, or any where each year is reported once, may have this one as the one before it
  update core.indicator_status s set previous_period = n.previous_period, previous_value = n.previous_value,
    previous_status = n.previous_status, trend = n.trend
  from mart.indicator_status_at('infinity') n
  where n.plan_code = of_plan_code and n.indicator_code = any(indicators)
    and n.period >= of_period and (left(n.period, 4) = left(of_period, 4) or length(of_period) = 4)
    and s.plan_code = n.plan_code and s.period = n.period and s.indicator_code = n.indicator_code
    and s.replaced_at is null and not s.is_withdrawn
    and (s.previous_period, s.previous_value, s.previous_status, s.trend)
      is distinct from (n.previous_period, n.previous_value, n.previous_status, n.trend);
end
$$;
revoke all on function core.keep_verdicts(text, text, text[]) from public;
