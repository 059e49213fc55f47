-- The load lock, shared with the loads of other bodies; then each body's own, all in one order, so that none waits for
-- another in a ring
with shared as materialized (select pg_advisory_xact_lock_shared(hashtext('tiendo.load')))
select pg_advisory_xact_lock(hashtext('tiendo.load'), own.key)
from shared, (
  select distinct hashtext(body) as key from unnest(cast(:bodies as text[])) as body order by key offset 0
) as own
