-- What is owed by when, what letters changed about it, implementation plans received, and a tracker for any instant.

-- What is owed -------------------------------------------------------------------------------------------------------

create table core.obligation (
  plan_code text not null references core.plan,
  obligation text not null check (obligation in ('quarterly_report', 'implementation_plan')),
  period text not null check (period ~ '^[0-9]{4}(-Q[1-4])?$'),
  due_at timestamptz not null,
  closing_at timestamptz not null check (closing_at > due_at),
  primary key (plan_code, obligation, period)
);

-- Quarters for which a figure exists at all; in the others nothing is owed
alter table core.indicator add column published_in integer[] not null default '{1,2,3,4}';

-- Plans of other years have their reports at once; the register in force is stored anew, which fills in the rest
insert into core.obligation (plan_code, obligation, period, due_at, closing_at)
  select plan_code, 'quarterly_report', period, due_at, closing_at from core.period;
update core.plan set register_sha256 = '';

-- Extensions and exemptions: append-only, the last word on a body and period counts ----------------------------------

create table core.extension (
  extension_id bigint generated always as identity primary key,
  plan_code text not null,
  agency_code text not null,
  obligation text not null,
  period text not null,
  kind text not null check (kind in ('extended', 'exempt', 'nothing_to_report', 'revoked')),
  due_at timestamptz,
  letter_no text not null check (letter_no <> ''),
  letter_on date not null,
  note text not null,
  recorded_at timestamptz not null,
  recorded_by text not null check (recorded_by <> ''),
  check ((kind = 'extended') = (due_at is not null)),
  foreign key (plan_code, agency_code) references core.agency,
  foreign key (plan_code, obligation, period) references core.obligation
);
create index on core.extension (plan_code, obligation, period, agency_code, extension_id desc);
create trigger append_only before update or delete or truncate on core.extension
  for each statement execute function core.refuse_change();

-- Documents that answer an obligation as they stand (implementation plans): the file is in the ledger ----------------

create table intake.obligation_document (
  document_id bigint generated always as identity primary key,
  file_id bigint not null unique references intake.submission_file,
  plan_code text not null,
  agency_code text not null,
  obligation text not null,
  period text not null,
  received_at timestamptz not null,
  recorded_at timestamptz not null,
  recorded_by text not null check (recorded_by <> ''),
  note text not null,
  foreign key (plan_code, agency_code) references core.agency,
  foreign key (plan_code, obligation, period) references core.obligation
);
create index on intake.obligation_document (plan_code, obligation, period, agency_code);
create trigger append_only before update or delete or truncate on intake.obligation_document
  for each statement execute function core.refuse_change();

grant select, insert, update on core.obligation to tiendo_loader;
grant select, insert on core.extension, intake.obligation_document to tiendo_loader;

-- The tracker reads one period of one plan; without this it would read every file that ever came
create index on intake.submission_file (plan_code, period, agency_code) where state = 'rejected';

-- The tracker at an instant ------------------------------------------------------------------------------------------

-- Not inlined, being security definer; so what narrows the search are arguments, not conditions of the caller.
create function mart.submission_tracker_at(
  instant timestamptz, of_plan_code text, of_obligation text, of_period text)
returns table (
  plan_code text, period text, agency_code text, agency_name text, state text, received_at timestamptz,
  due_at timestamptz, is_on_time boolean, days_late integer, version integer, finding_count integer, receipt_no text,
  row_order integer, obligation text, general_due_at timestamptz, extended_until date, letter_no text, letter_on date,
  rejected_at timestamptz, owed_count integer, answered_count integer, completeness_pct numeric)
language sql stable security definer set search_path = pg_catalog rows 30 as $$
  with letter as (
    select distinct on (e.agency_code) e.agency_code, e.kind, e.due_at, e.letter_no, e.letter_on
    from core.extension e
    where e.plan_code = of_plan_code and e.obligation = of_obligation and e.period = of_period
      and e.recorded_at <= instant
    order by e.agency_code, e.extension_id desc
  ),
  came as (
    select b.agency_code, b.received_at, b.submission_id, b.version, f.file_id, f.state, f.receipt_no
    from intake.submission b join intake.submission_file f using (file_id)
    where of_obligation = 'quarterly_report' and b.plan_code = of_plan_code and b.period = of_period
      and b.recorded_at <= instant
    union all
    select d.agency_code, d.received_at, null,
      (row_number() over (partition by d.agency_code order by d.document_id))::integer,
      f.file_id, f.state, f.receipt_no
    from intake.obligation_document d join intake.submission_file f using (file_id)
    where d.plan_code = of_plan_code and d.obligation = of_obligation and d.period = of_period
      and d.recorded_at <= instant
  ),
  in_force as (
    select distinct on (c.agency_code) c.* from came c order by c.agency_code, c.received_at desc, c.file_id desc
  ),
  all_came as (
    select c.agency_code, min(c.received_at) as received_at, max(c.version) as version from came c group by c.agency_code
  ),
  refused as (
    select distinct on (f.agency_code) f.agency_code, f.received_at, f.file_id, f.receipt_no
    from intake.submission_file f
    where of_obligation = 'quarterly_report' and f.plan_code = of_plan_code and f.period = of_period
      and f.state = 'rejected' and f.agency_code is not null and f.settled_at <= instant
    order by f.agency_code, f.received_at desc, f.file_id desc
  ),
  item as (
    select r.agency_code, exists (
        select from core.observation o
        where o.plan_code = r.plan_code and o.period = of_period and o.agency_code = r.agency_code
          and o.indicator_code = r.indicator_code and o.recorded_at <= instant
          and (o.is_correction or o.submission_id = n.submission_id)) as is_answered
    from core.reporter r
    left join in_force n on n.agency_code = r.agency_code
    join core.indicator i on i.plan_code = r.plan_code and i.indicator_code = r.indicator_code
    where of_obligation = 'quarterly_report' and r.plan_code = of_plan_code
      and i.plan_code = of_plan_code and right(of_period, 1)::integer = any(i.published_in)
    union all
    select l.agency_code, exists (
        select from core.task_progress t
        where t.plan_code = l.plan_code and t.period = of_period and t.task_ref = l.task_ref
          and t.agency_code = l.agency_code and t.submission_id = n.submission_id)
    from core.task_lead l
    left join in_force n on n.agency_code = l.agency_code
    where of_obligation = 'quarterly_report' and l.plan_code = of_plan_code
    union all
    select g.agency_code, exists (select from came c where c.agency_code = g.agency_code)
    from core.agency g
    where of_obligation <> 'quarterly_report' and g.plan_code = of_plan_code and g.is_obliged
  ),
  complete as (
    select i.agency_code, count(*)::integer as owed, (count(*) filter (where i.is_answered))::integer as answered
    from item i group by i.agency_code
  ),
  body as (
    select p.plan_code, p.period, p.obligation, g.agency_code, g.name, g.row_order, p.due_at as general_due_at,
      case l.kind when 'extended' then l.due_at else p.due_at end as due_at,
      nullif(l.kind, 'revoked') as kind, l.letter_no, l.letter_on,
      f.file_id is null and coalesce(l.kind in ('exempt', 'nothing_to_report'), false) as is_excused,
      f.file_id, f.state, c.version, f.receipt_no, c.received_at as first_at,
      r.file_id as refused_file_id, r.received_at as refused_at, r.receipt_no as refused_receipt_no,
      case when f.file_id is null or r.received_at > f.received_at then r.received_at end as uncorrected_at,
      coalesce(k.owed, 0) as owed, coalesce(k.answered, 0) as answered
    from core.obligation p
    join core.agency g on g.plan_code = p.plan_code and g.is_obliged
    left join letter l on l.agency_code = g.agency_code
    left join in_force f on f.agency_code = g.agency_code
    left join all_came c on c.agency_code = g.agency_code
    left join refused r on r.agency_code = g.agency_code
    left join complete k on k.agency_code = g.agency_code
    where p.plan_code = of_plan_code and p.obligation = of_obligation and p.period = of_period
  )
  select b.plan_code, b.period, b.agency_code, b.name,
    case when b.file_id is not null then b.state when b.is_excused then b.kind
      when b.refused_file_id is not null then 'rejected' else 'missing' end,
    coalesce(b.first_at, b.refused_at), b.due_at, b.first_at < b.due_at,
    case when b.first_at < b.due_at then 0
      else floor(extract(epoch from b.first_at - b.due_at) / 86400)::integer + 1 end,
    b.version,
    (select count(*) from intake.finding n where n.file_id = coalesce(b.file_id, b.refused_file_id))::integer,
    coalesce(b.receipt_no, b.refused_receipt_no), b.row_order, b.obligation, b.general_due_at,
    case b.kind when 'extended' then ((b.due_at at time zone 'Asia/Ho_Chi_Minh') - interval '1 microsecond')::date end,
    case when b.kind is not null then b.letter_no end, case when b.kind is not null then b.letter_on end,
    b.uncorrected_at,
    case when b.is_excused then 0 else b.owed end, case when b.is_excused then 0 else b.answered end,
    case when not b.is_excused and b.owed > 0 then round(100.0 * b.answered / b.owed, 1) end
  from body b
  order by b.row_order
$$;

create or replace view mart.submission_tracker as
  select o.plan_code, o.period, t.agency_code, t.agency_name, t.state, t.received_at, t.due_at, t.is_on_time,
    t.days_late, t.version, t.finding_count, t.receipt_no, t.row_order, o.obligation, t.general_due_at,
    t.extended_until, t.letter_no, t.letter_on, t.rejected_at, t.owed_count, t.answered_count, t.completeness_pct
  from core.obligation o
  cross join lateral mart.submission_tracker_at('infinity', o.plan_code, o.obligation, o.period) t;

create or replace view mart.agency_timeliness as
  select plan_code, agency_code, agency_name,
    (count(*) filter (where state in ('accepted', 'accepted_with_warnings')))::integer as submission_count,
    (count(*) filter (where is_on_time))::integer as on_time_count,
    (count(*) filter (where not is_on_time))::integer as late_count,
    max(days_late) as days_late_max
  from mart.submission_tracker
  where obligation = 'quarterly_report'
  group by plan_code, agency_code, agency_name;

create view mart.extension as
  select plan_code, obligation, period, agency_code, extension_id, kind, due_at, letter_no, letter_on, note,
    recorded_at, recorded_by
  from core.extension;

create view mart.obligation_document as
  select d.plan_code, d.obligation, d.period, d.agency_code, d.received_at, d.recorded_at, d.recorded_by, d.note,
    f.receipt_no, f.name as file_name, f.sha256 as file_sha256, f.size_bytes
  from intake.obligation_document d join intake.submission_file f using (file_id);

-- Status: every verdict with the time it held; conditions of the caller reach the index ------------------------------

create view mart.indicator_status_history as
  select s.plan_code, s.period, s.as_of, s.indicator_code, i.label as indicator_name,
    i.section_no || '. ' || i.section_title as section, i.unit, s.agency_code, i.target_text, i.comparator,
    i.target_low, i.target_high, s.value, s.value_kind, s.value_basis, s.expected_value, s.ratio, s.status, s.margin,
    s.needed, s.explanation, s.rule_version, o.submission_id, f.sha256 as file_sha256, o.sheet, o.cell, i.row_order,
    i.row_kind, s.margin_up, s.margin_down, s.is_estimate, s.is_approximate, s.is_illustrative, s.observation_id,
    s.components, s.replaced_at
  from (
    -- Later is what was stored later: a replay that begins anew knows nothing of an earlier one's later instants
    select h.*, min(h.as_of) over (
        partition by h.plan_code, h.period, h.indicator_code order by h.indicator_status_id desc
        rows between unbounded preceding and 1 preceding) as replaced_at
    from core.indicator_status h
  ) s
  join core.indicator i on i.plan_code = s.plan_code and i.indicator_code = s.indicator_code
  left join core.observation o on o.observation_id = s.observation_id
  left join intake.submission b on b.submission_id = o.submission_id
  left join intake.submission_file f on f.file_id = b.file_id;

-- Inlined into the caller's query (no security definer, no setting): its reads are the view owner's
create or replace function mart.indicator_status_at(instant timestamptz)
returns table (
  plan_code text, period text, as_of timestamptz, indicator_code text, indicator_name text, section text, unit text,
  agency_code text, target_text text, comparator text, target_low numeric, target_high numeric, value numeric,
  value_kind text, value_basis text, expected_value numeric, ratio numeric, status text, margin numeric, needed numeric,
  explanation text, rule_version text, submission_id bigint, file_sha256 text, sheet text, cell text,
  row_order integer, row_kind text, margin_up numeric, margin_down numeric, is_estimate boolean,
  is_approximate boolean, is_illustrative boolean, observation_id bigint, components jsonb)
language sql stable security invoker as $$
  select h.plan_code, h.period, h.as_of, h.indicator_code, h.indicator_name, h.section, h.unit, h.agency_code,
    h.target_text, h.comparator, h.target_low, h.target_high, h.value, h.value_kind, h.value_basis, h.expected_value,
    h.ratio, h.status, h.margin, h.needed, h.explanation, h.rule_version, h.submission_id, h.file_sha256, h.sheet,
    h.cell, h.row_order, h.row_kind, h.margin_up, h.margin_down, h.is_estimate, h.is_approximate, h.is_illustrative,
    h.observation_id, h.components
  from mart.indicator_status_history h
  where h.as_of <= instant and (h.replaced_at is null or h.replaced_at > instant)
$$;

grant select on mart.extension, mart.obligation_document, mart.indicator_status_history
  to tiendo_reader, tiendo_loader;
revoke all on function mart.submission_tracker_at(timestamptz, text, text, text) from public;
grant execute on function mart.submission_tracker_at(timestamptz, text, text, text) to tiendo_reader, tiendo_loader;

-- Comments -----------------------------------------------------------------------------------------------------------

comment on function mart.submission_tracker_at(timestamptz, text, text, text) is
  'mart.submission_tracker of one plan, obligation and period as it stood at an instant.';
comment on view mart.submission_tracker is
  'What each obliged body owes and what came of it: one row per obligation, period and body. The same for any instant: function submission_tracker_at(instant, plan_code, obligation, period).';
comment on column mart.submission_tracker.period is
  'The quarter, such as 2023-Q1; the year, such as 2023, for what is owed once a year.';
comment on column mart.submission_tracker.state is
  'accepted, accepted_with_warnings, rejected (something came, nothing acceptable), missing, exempt (được miễn) or nothing_to_report (không phát sinh); the last two by letter, while nothing acceptable came.';
comment on column mart.submission_tracker.due_at is
  'Instant before which it was due from this body, an extension included.';
comment on column mart.submission_tracker.is_on_time is
  'Whether the first acceptable version came before due_at; null when there is none.';
comment on column mart.submission_tracker.days_late is
  'Days begun since due_at, 1 from the first instant that is too late, 0 when on time; null when nothing acceptable came.';
comment on column mart.submission_tracker.obligation is
  'quarterly_report, or implementation_plan: the body''s own implementation plan, due in February.';
comment on column mart.submission_tracker.general_due_at is 'Instant before which it was due from every body.';
comment on column mart.submission_tracker.extended_until is
  'Last day to submit granted by letter; null without an extension.';
comment on column mart.submission_tracker.letter_no is
  'Number of the letter that extended or exempted, or said that there is nothing to report.';
comment on column mart.submission_tracker.letter_on is 'Date of that letter.';
comment on column mart.submission_tracker.rejected_at is
  'When the last file came that was refused and not corrected by a later acceptable one; null when there is none.';
comment on column mart.submission_tracker.owed_count is
  'Indicators with a figure in this quarter and tasks that the body answers for; 1 for a document; 0 when excused.';
comment on column mart.submission_tracker.answered_count is
  'Of these, answered by accepted content; what a file leaves blank is not answered.';
comment on column mart.submission_tracker.completeness_pct is
  'Share answered, in percent, 100 at most; null when nothing is owed.';

comment on view mart.agency_timeliness is
  'How punctual each body has been with its quarterly reports over the plan''s periods.';

comment on view mart.extension is
  'Letters that changed what a body owes, in the order they were entered. Nothing is changed or deleted: the last entry for a body, obligation and period counts.';
comment on column mart.extension.plan_code is 'The plan.';
comment on column mart.extension.obligation is 'quarterly_report or implementation_plan.';
comment on column mart.extension.period is 'The quarter, or the year for what is owed once a year.';
comment on column mart.extension.agency_code is 'The body.';
comment on column mart.extension.extension_id is 'Number of the entry, counting up.';
comment on column mart.extension.kind is
  'extended, exempt, nothing_to_report, or revoked: what was entered before no longer holds.';
comment on column mart.extension.due_at is 'Instant before which it is due now; extended only.';
comment on column mart.extension.letter_no is 'Number of the official letter.';
comment on column mart.extension.letter_on is 'Date of the letter.';
comment on column mart.extension.note is 'Note of whoever entered it.';
comment on column mart.extension.recorded_at is 'When it was entered.';
comment on column mart.extension.recorded_by is 'Who entered it.';

comment on view mart.obligation_document is
  'Documents received that answer an obligation as they stand: implementation plans. One row per document.';
comment on column mart.obligation_document.plan_code is 'The plan.';
comment on column mart.obligation_document.obligation is 'implementation_plan.';
comment on column mart.obligation_document.period is 'The year.';
comment on column mart.obligation_document.agency_code is 'The body.';
comment on column mart.obligation_document.received_at is 'When the document came.';
comment on column mart.obligation_document.recorded_at is 'When it was entered.';
comment on column mart.obligation_document.recorded_by is 'Who or what entered it.';
comment on column mart.obligation_document.note is 'Note of whoever entered it.';
comment on column mart.obligation_document.receipt_no is 'Receipt in the ledger of files.';
comment on column mart.obligation_document.file_name is 'File name as sent.';
comment on column mart.obligation_document.file_sha256 is 'SHA-256 of the file.';
comment on column mart.obligation_document.size_bytes is 'Size in bytes.';

comment on view mart.indicator_status_history is
  'Every verdict ever reached, one row per verdict. It held from as_of until replaced_at; indicator_status has those that hold now.';
comment on column mart.indicator_status_history.plan_code is 'The plan, such as 282-kh-ubnd-2023.';
comment on column mart.indicator_status_history.period is 'The quarter the verdict is for, such as 2023-Q1.';
comment on column mart.indicator_status_history.as_of is 'When this verdict was reached.';
comment on column mart.indicator_status_history.indicator_code is 'Our own stable code; printed numbers are labels only, 18 and 19 occur twice.';
comment on column mart.indicator_status_history.indicator_name is 'Name of the indicator, misprints of the plan mended.';
comment on column mart.indicator_status_history.section is 'Section of Phụ lục II, or the body text (TB).';
comment on column mart.indicator_status_history.unit is 'Unit of value, target, expected value, margin and needed.';
comment on column mart.indicator_status_history.agency_code is 'The body whose figure was graded; null when there is none.';
comment on column mart.indicator_status_history.target_text is 'Target exactly as the plan prints it.';
comment on column mart.indicator_status_history.comparator is 'The target as understood: ge, gt, le, lt, range (floor with an upper hope), between (true band), none.';
comment on column mart.indicator_status_history.target_low is 'Lower end of the target, in unit.';
comment on column mart.indicator_status_history.target_high is 'Upper end of the target, in unit.';
comment on column mart.indicator_status_history.value is 'Figure graded: year to date for flows, at the reporting day for the rest, in unit. Exact as sent.';
comment on column mart.indicator_status_history.value_kind is 'actual (thực hiện) or estimate (ước thực hiện).';
comment on column mart.indicator_status_history.value_basis is 'year_to_date or quarter.';
comment on column mart.indicator_status_history.expected_value is 'What the value should be by the end of the period, in unit; see docs/methodology.md.';
comment on column mart.indicator_status_history.ratio is 'Actual to expected, turned round for lower-is-better; 1 is exactly as expected. Null where none is defined.';
comment on column mart.indicator_status_history.status is 'exceeded, achieved, missed, on_track, at_risk, behind, no_data, not_yet_published, no_target, conflicting or undecidable.';
comment on column mart.indicator_status_history.margin is 'Distance from the line that separates good from not, in unit; positive is good.';
comment on column mart.indicator_status_history.needed is 'What the remaining quarters must bring, in unit; flows only.';
comment on column mart.indicator_status_history.explanation is 'One sentence in Vietnamese.';
comment on column mart.indicator_status_history.rule_version is 'Version of the grading rules.';
comment on column mart.indicator_status_history.submission_id is 'The submission the value came with.';
comment on column mart.indicator_status_history.file_sha256 is 'The file the value came in.';
comment on column mart.indicator_status_history.sheet is 'Sheet the value stands on.';
comment on column mart.indicator_status_history.cell is 'Cell the value stands in.';
comment on column mart.indicator_status_history.row_order is 'Printed order in the plan.';
comment on column mart.indicator_status_history.row_kind is 'indicator, sub_indicator or body_target.';
comment on column mart.indicator_status_history.margin_up is 'What is lacking to the next better status, in unit.';
comment on column mart.indicator_status_history.margin_down is 'Room left before the next worse status, in unit.';
comment on column mart.indicator_status_history.is_estimate is 'Whether the verdict rests on an estimate.';
comment on column mart.indicator_status_history.is_approximate is 'Whether the sender gave only an approximate figure, such as gần 65.600.';
comment on column mart.indicator_status_history.is_illustrative is 'Whether the figure is made up for demonstration (số liệu minh họa).';
comment on column mart.indicator_status_history.observation_id is 'The figure in observation_history.';
comment on column mart.indicator_status_history.components is 'Everything the verdict was computed from, as JSON.';
comment on column mart.indicator_status_history.replaced_at is 'When the next verdict was reached; null for the one that holds.';
