-- What was found wrong in the files of one plan, by body and rule, at an instant; what was only told (info) is no mistake
create or replace function mart.agency_mistake_at(instant timestamptz, of_plan_code text)
returns table (
  plan_code text, agency_code text, rule text, severity text, file_count integer, finding_count integer,
  last_received_at timestamptz)
language sql stable security definer set search_path = pg_catalog, pg_temp rows 100 as $$
  select of_plan_code, f.agency_code, n.rule, n.severity, count(distinct f.file_id)::integer, count(*)::integer,
    max(f.received_at)
  from intake.submission_file f join intake.finding n on n.file_id = f.file_id
  where f.plan_code = of_plan_code and f.agency_code is not null and f.settled_at <= instant
    and f.state in ('accepted', 'accepted_with_warnings', 'rejected') and n.severity <> 'info'
  group by f.agency_code, n.rule, n.severity
  order by f.agency_code, 5 desc, 6 desc, n.rule
$$;

revoke all on function mart.agency_mistake_at(timestamptz, text) from public;
grant execute on function mart.agency_mistake_at(timestamptz, text) to tiendo_reader, tiendo_loader;

comment on function mart.agency_mistake_at(timestamptz, text) is
  'mart.agency_mistake of one plan as it stood at an instant.';
