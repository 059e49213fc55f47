-- The verdict on each indicator in each period, at present
create or replace view mart.indicator_status as
  select s.plan_code, s.period, s.as_of, s.indicator_code, i.label as indicator_name,
    i.section_no || '. ' || i.section_title as section, i.unit, s.agency_code, i.target_text, i.comparator,
    i.target_low, i.target_high, s.value, s.value_kind, s.value_basis, s.expected_value, s.ratio, s.status, s.margin,
    s.needed, s.sentence as explanation, s.rule_version, o.submission_id, f.sha256 as file_sha256, o.sheet, o.cell,
    i.row_order, i.row_kind, s.margin_up, s.margin_down, s.is_estimate, s.is_approximate, s.is_illustrative,
    s.observation_id, s.components, i.nature, i.direction, s.previous_period, s.previous_value, s.previous_status,
    s.trend, s.register_sha256, s.plan_code || '/' || s.indicator_code as indicator_key,
    s.plan_code || '/' || s.agency_code as agency_key, s.plan_code || '/' || s.period as period_key, s.sentence
  from core.indicator_status s
  left join core.version_indicator i on i.version_id = s.version_id and i.indicator_code = s.indicator_code
  left join core.observation o on o.observation_id = s.observation_id
  left join intake.submission b on b.submission_id = o.submission_id
  left join intake.submission_file f on f.file_id = b.file_id
  where s.replaced_at is null and not s.is_withdrawn;

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
comment on column mart.indicator_status.previous_value is 'The figure of that period, in unit; null as previous_period is.';
comment on column mart.indicator_status.previous_status is 'The verdict on that period; null as previous_period is.';
comment on column mart.indicator_status.trend is
  'better, worse or same than in previous_period, in the indicator''s own direction: of a flow by the ratio (to a tenth of a percent), of a band by the distance outside it, else by the value. Null where nothing can be compared: no figure, no direction, or an approximate figure.';
