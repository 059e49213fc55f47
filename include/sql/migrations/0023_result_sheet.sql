-- Which editions' result sheets were put into whose outbox

create table core.result_sheet (
  plan_code text not null,
  period text not null,
  edition integer not null,
  agency_code text not null,
  path text not null,
  recorded_at timestamptz not null,
  primary key (plan_code, period, edition, agency_code),
  foreign key (plan_code, period, edition) references core.edition (plan_code, period, edition)
);
create trigger append_only before update or delete or truncate on core.result_sheet
  for each statement execute function core.refuse_change();
grant select, insert on core.result_sheet to tiendo_loader;
