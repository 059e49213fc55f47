-- What reviewers are asked, and the one answer each question gets: the only witness of an approval.

create table core.review_request (
  review_request_id bigint generated always as identity primary key,
  -- Airflow's run that asks; it asks again only after an answer that made no sense
  run_id text not null check (run_id <> ''),
  plan_code text not null,
  period text not null,
  edition integer not null check (edition > 0),
  as_of timestamptz not null,
  -- What is published when the answer is yes, and what it reports
  data_sha256 text not null check (data_sha256 ~ '^[0-9a-f]{64}$'),
  content_sha256 text not null check (content_sha256 ~ '^[0-9a-f]{64}$'),
  asked_at timestamptz not null,
  foreign key (plan_code, period) references core.period
);
create index on core.review_request (run_id);
create trigger append_only before update or delete or truncate on core.review_request
  for each statement execute function core.refuse_change();

create table core.review_answer (
  review_request_id bigint primary key references core.review_request,
  verdict text not null check (verdict in ('approve', 'reject', 'refused')),
  account_id text not null check (account_id <> ''),
  -- As printed: the name typed into the form, and the account
  answered_by text not null check (btrim(answered_by) <> ''),
  answered_at timestamptz not null,
  return_to text not null,
  comment text not null,
  -- Why an answer could not be acted upon
  refused_because text check ((verdict = 'refused') = (refused_because is not null))
);
create trigger append_only before update or delete or truncate on core.review_answer
  for each statement execute function core.refuse_change();

grant select, insert on core.review_request, core.review_answer to tiendo_loader;
