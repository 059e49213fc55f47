-- When an edition became part of what is known: a draft made earlier did not know it, and neither may its publication.
-- It lies after the approval by as long as the making takes. For editions of before, the approval is the nearest known.

alter table core.edition add column published_at timestamptz;
-- A change of type rewrites the rows without the trigger that keeps them as they are
alter table core.edition
  alter column published_at type timestamptz using approved_at,
  alter column published_at set not null;
