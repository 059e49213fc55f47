-- A plan reports by months (2023-M04), quarters (2023-Q1), half-years (2023-H1), months since the year's start
-- (2023-YTD09) or years (2023), and may run over several years.

alter table core.plan add column last_year integer;
update core.plan set last_year = year;
alter table core.plan alter column last_year set not null, add constraint plan_years_check check (last_year >= year);

alter table core.period drop constraint period_period_check;
alter table core.period add constraint period_period_check
  check (period ~ '^[0-9]{4}(-(M(0[1-9]|1[0-2])|Q[1-4]|H[12]|YTD(06|09|12)))?$');
alter table core.obligation drop constraint obligation_period_check;
alter table core.obligation add constraint obligation_period_check
  check (period ~ '^[0-9]{4}(-(M(0[1-9]|1[0-2])|Q[1-4]|H[12]|YTD(06|09|12)))?$');
