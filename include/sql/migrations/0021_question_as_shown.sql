-- What is asked about is noted by the draft itself, with its words: what lies in Airflow in between can be changed there.

alter table core.review_request
  add column title text not null default '',
  -- Markdown, a line each
  add column review text[] not null default '{}';
create index on core.review_request (plan_code, period, edition);
