-- The first day of a period, by its code
create or replace function mart.period_start(period text) returns date
language sql immutable strict parallel safe as $$
  select make_date(left(period, 4)::integer, case
    when period like '%-M%' then right(period, 2)::integer
    when period like '%-Q%' then 3 * right(period, 1)::integer - 2
    when period like '%-H2' or period like '%-YTD09' then 7
    when period like '%-YTD12' then 10
    else 1 end, 1)
$$;

revoke all on function mart.period_start(text) from public;
grant execute on function mart.period_start(text) to tiendo_reader, tiendo_loader;

comment on function mart.period_start(text) is
  'The first calendar day that no period of the year before it reports on: of 2023-YTD09 the first of July.';
