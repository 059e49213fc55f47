-- The last day of a period, by its code
create or replace function mart.period_end(period text) returns date
language sql immutable strict parallel safe as $$
  select (make_date(left(period, 4)::integer, case
      when period like '%-M%' or period like '%-YTD%' then right(period, 2)::integer
      when period like '%-Q%' then 3 * right(period, 1)::integer
      when period like '%-H%' then 6 * right(period, 1)::integer
      else 12 end, 1) + interval '1 month - 1 day')::date
$$;

revoke all on function mart.period_end(text) from public;
grant execute on function mart.period_end(text) to tiendo_reader, tiendo_loader;

comment on function mart.period_end(text) is 'The last calendar day of a period.';
