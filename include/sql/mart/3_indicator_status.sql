-- The verdict on each indicator in each period, at present
create or replace view mart.indicator_status as
  select * from mart.indicator_status_at('infinity') order by plan_code, period, row_order;

grant select on mart.indicator_status to tiendo_reader, tiendo_loader;

comment on view mart.indicator_status is
  'The verdict on each indicator in each period, as it stands at present: one row per plan, period and indicator. The same for any instant: function indicator_status_at(instant).';
-- What it holds in common with the history is said once, there
do $$
declare told record;
begin
  for told in
    select h.attname, col_description(h.attrelid, h.attnum) as words
    from pg_attribute h
    join pg_attribute s on s.attrelid = 'mart.indicator_status'::regclass and s.attname = h.attname
    where h.attrelid = 'mart.indicator_status_history'::regclass and h.attnum > 0
  loop
    execute format('comment on column mart.indicator_status.%I is %L', told.attname, told.words);
  end loop;
end
$$;
comment on column mart.indicator_status.as_of is
  'When this verdict was reached; it holds until a later row replaces it.';
comment on column mart.indicator_status.previous_period is
  'The latest earlier period of the year that has a figure; null when none has.';
comment on column mart.indicator_status.previous_value is 'The figure of that period, in unit.';
comment on column mart.indicator_status.previous_status is 'The verdict on that period.';
comment on column mart.indicator_status.trend is
  'better, worse or same than in previous_period, in the indicator''s own direction: of a flow by the ratio (to a tenth of a percent), of a band by the distance outside it, else by the value. Null where nothing can be compared: no figure, no direction, or an approximate figure.';
