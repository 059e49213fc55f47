-- Which of its year's periods the code of a period says: 2023-M04, 2023-Q1, 2023-H1, 2023-YTD09, 2023
create or replace function mart.period_number(period text) returns integer
language sql immutable strict parallel safe as $$
  select case
    when period like '%-YTD%' then right(period, 2)::integer / 3 - 1
    when period like '%-%' then substring(period from '[0-9]+$')::integer
    else 1 end
$$;

revoke all on function mart.period_number(text) from public;
grant execute on function mart.period_number(text) to tiendo_reader, tiendo_loader;

comment on function mart.period_number(text) is
  'Which of its year''s periods a period is, from 1: an indicator has figures in some of them.';
