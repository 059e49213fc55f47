-- Each function of the mart that gives a relation as of an instant: what it asks for, and what it gives, in order
select left(p.proname, -3) as relation, a.name, a.mode = 'i' as is_asked, format_type(a.type, null) as type
from pg_proc p
cross join unnest(p.proargnames, p.proargmodes, p.proallargtypes) with ordinality as a (name, mode, type, place)
where p.pronamespace = 'mart'::regnamespace and p.proname like '%\_at'
order by p.proname, a.place
