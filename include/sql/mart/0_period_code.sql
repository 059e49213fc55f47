-- What the code of a period says: 2023-M04, 2023-Q1, 2023-H1, 2023-YTD09 (from the first of January), 2023
create or replace function mart.period_number(period text) returns integer
language sql immutable strict parallel safe as $$
  select case
    when period like '%-YTD%' then right(period, 2)::integer / 3 - 1
    when period like '%-%' then substring(period from '[0-9]+$')::integer
    else 1 end
$$;

create or replace function mart.period_end(period text) returns date
language sql immutable strict parallel safe as $$
  select (make_date(left(period, 4)::integer, case
      when period like '%-M%' or period like '%-YTD%' then right(period, 2)::integer
      when period like '%-Q%' then 3 * right(period, 1)::integer
      when period like '%-H%' then 6 * right(period, 1)::integer
      else 12 end, 1) + interval '1 month - 1 day')::date
$$;

create or replace function mart.period_start(period text) returns date
language sql immutable strict parallel safe as $$
  select make_date(left(period, 4)::integer, case
    when period like '%-M%' then right(period, 2)::integer
    when period like '%-Q%' then 3 * right(period, 1)::integer - 2
    when period like '%-H2' then 7
    else 1 end, 1)
$$;

revoke all on function mart.period_number(text), mart.period_end(text), mart.period_start(text) from public;
grant execute on function mart.period_number(text), mart.period_end(text), mart.period_start(text)
  to tiendo_reader, tiendo_loader;

comment on function mart.period_number(text) is
  'Which of its year''s periods a period is, from 1: an indicator has figures in some of them.';
comment on function mart.period_end(text) is 'The last calendar day of a period.';
comment on function mart.period_start(text) is
  'The first calendar day of a period; of the months since the year''s start the first of January.';
