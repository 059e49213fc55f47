-- Notes whom an edition was sent to, or why not, once
insert into core.edition_delivery (plan_code, period, edition, recipient, address, outcome, recorded_at)
values (:plan_code, :period, :edition, :recipient, :address, :outcome, :recorded_at)
on conflict do nothing
