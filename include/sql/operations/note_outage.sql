-- Notes that something could not be reached; of an outage that goes on the first failure counts
insert into intake.outage (subject, since, detail) values (:subject, :since, :detail)
on conflict (subject) do update set detail = excluded.detail
