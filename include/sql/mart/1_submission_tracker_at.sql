-- What each body owes of one obligation and period, and what came of it, at an instant.
-- In plpgsql, which looks for what it calls when it is called: that of core is made after mart.
create or replace function mart.submission_tracker_at(
  instant timestamptz, of_plan_code text, of_obligation text, of_period text)
returns table (
  plan_code text, period text, agency_code text, agency_name text, state text, received_at timestamptz,
  due_at timestamptz, is_on_time boolean, days_late integer, version integer, finding_count integer, receipt_no text,
  row_order integer, obligation text, general_due_at timestamptz, extended_until date, letter_no text, letter_on date,
  rejected_at timestamptz, owed_count integer, answered_count integer, completeness_pct numeric)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp rows 30 as $$
begin
  return query select t.*
    from core.submission_tracker_of(instant, of_plan_code, of_obligation, of_period, null) t order by t.row_order;
end
$$;

revoke all on function mart.submission_tracker_at(timestamptz, text, text, text) from public;
grant execute on function mart.submission_tracker_at(timestamptz, text, text, text) to tiendo_reader, tiendo_loader;

comment on function mart.submission_tracker_at(timestamptz, text, text, text) is
  'mart.submission_tracker of one plan, obligation and period as it stood at an instant.';
