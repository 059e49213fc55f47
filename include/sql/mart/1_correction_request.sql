-- Requests for correction that reviewers sent to bodies, and what answered them
create or replace view mart.correction_request as
  select r.plan_code, r.period, r.agency_code, r.request_no, r.edition, r.comment, r.asked_by, r.asked_at,
    a.received_at as answered_at, a.receipt_no as answer_receipt_no
  from core.correction_request r
  left join lateral (
    select f.received_at, f.receipt_no
    from intake.submission b join intake.submission_file f using (file_id)
    where b.plan_code = r.plan_code and b.period = r.period and b.agency_code = r.agency_code
      and f.landed_at >= r.asked_at and f.requeue_of is null
    order by f.landed_at, f.file_id
    limit 1
  ) a on true;

grant select on mart.correction_request to tiendo_reader, tiendo_loader;

comment on view mart.correction_request is
  'Requests for correction that a reviewer sent to a body instead of, or beside, approving a draft. The period is open to the body until it has answered.';
comment on column mart.correction_request.plan_code is 'The plan.';
comment on column mart.correction_request.period is 'The period whose report is to be corrected.';
comment on column mart.correction_request.agency_code is 'The body.';
comment on column mart.correction_request.request_no is 'Number of the request, on the notice to the body.';
comment on column mart.correction_request.edition is 'Number of the edition whose draft was reviewed.';
comment on column mart.correction_request.comment is 'What the reviewer asks for, in the reviewer''s words.';
comment on column mart.correction_request.asked_by is 'The reviewer.';
comment on column mart.correction_request.asked_at is 'When it was asked.';
comment on column mart.correction_request.answered_at is
  'When the first acceptable report came that was taken in after the request; null while it waits.';
comment on column mart.correction_request.answer_receipt_no is 'Receipt of that report; null while it waits.';
