-- The verdicts that held at an instant, with the trend against the last period.
-- Inlined into the caller's query (no security definer, no setting): its reads are the view owner's. The last period is
-- the latest earlier one of the year that has a figure, or of the plan where each year is reported once. What adds up is
-- compared by one pace: where only one of the two periods knows its own, both are held against the even one. At the
-- year's end, and of a sum that has met the year's target already, there is no way left to be better or worse on.
create or replace function mart.indicator_status_at(instant timestamptz)
returns table (
  plan_code text, period text, as_of timestamptz, indicator_code text, indicator_name text, section text, unit text,
  agency_code text, target_text text, comparator text, target_low numeric, target_high numeric, value numeric,
  value_kind text, value_basis text, expected_value numeric, ratio numeric, status text, margin numeric, needed numeric,
  explanation text, rule_version text, submission_id bigint, file_sha256 text, sheet text, cell text,
  row_order integer, row_kind text, margin_up numeric, margin_down numeric, is_estimate boolean,
  is_approximate boolean, is_illustrative boolean, observation_id bigint, components jsonb, nature text,
  direction text, previous_period text, previous_value numeric, previous_status text, trend text)
language sql stable security invoker as $$
  select h.plan_code, h.period, h.as_of, h.indicator_code, h.indicator_name, h.section, h.unit, h.agency_code,
    h.target_text, h.comparator, h.target_low, h.target_high, h.value, h.value_kind, h.value_basis, h.expected_value,
    h.ratio, h.status, h.margin, h.needed, h.explanation, h.rule_version, h.submission_id, h.file_sha256, h.sheet,
    h.cell, h.row_order, h.row_kind, h.margin_up, h.margin_down, h.is_estimate, h.is_approximate, h.is_illustrative,
    h.observation_id, h.components, h.nature, h.direction, p.period, p.value, p.status,
    case
      when h.value is null or p.value is null or h.is_approximate or p.is_approximate then null
      when extract(month from mart.period_end(h.period)) = 12 or (h.nature = 'flow' and h.status = 'achieved') then null
      else case sign(case
          when h.nature = 'flow' and h.components ->> 'expected_formula' = p.components ->> 'expected_formula' then
            round(h.ratio, 3) - round(p.ratio, 3)
          when h.nature = 'flow' then case h.direction
            when 'higher_better' then round(h.value / nullif((h.components ->> 'expected_even')::numeric, 0), 3)
              - round(p.value / nullif((p.components ->> 'expected_even')::numeric, 0), 3)
            when 'lower_better' then round((h.components ->> 'expected_even')::numeric / nullif(h.value, 0), 3)
              - round((p.components ->> 'expected_even')::numeric / nullif(p.value, 0), 3) end
          when h.direction = 'higher_better' then h.value - p.value
          when h.direction = 'lower_better' then p.value - h.value
          when h.direction = 'within_range' then
            greatest(h.target_low - p.value, p.value - h.target_high, 0)
              - greatest(h.target_low - h.value, h.value - h.target_high, 0)
        end) when 1 then 'better' when 0 then 'same' when -1 then 'worse' end
    end
  from mart.indicator_status_history h
  left join lateral (
    select e.period, e.value, e.status, e.ratio, e.is_approximate, e.components
    from mart.period q
    -- A fence: joined as it stands, the verdicts of all periods would be looked through for each
    cross join lateral (
      select * from mart.indicator_status_history x
      where x.plan_code = h.plan_code and x.indicator_code = h.indicator_code and x.period = q.period
      offset 0
    ) e
    where q.plan_code = h.plan_code and q.period < h.period
      and (left(q.period, 4) = left(h.period, 4) or length(h.period) = 4)
      and e.as_of <= instant and (e.replaced_at is null or e.replaced_at > instant) and e.value is not null
    order by q.period desc
    limit 1
  ) p on true
  where h.as_of <= instant and (h.replaced_at is null or h.replaced_at > instant)
$$;

revoke all on function mart.indicator_status_at(timestamptz) from public;
grant execute on function mart.indicator_status_at(timestamptz) to tiendo_reader, tiendo_loader;

comment on function mart.indicator_status_at(timestamptz) is 'mart.indicator_status as it stood at an instant.';
