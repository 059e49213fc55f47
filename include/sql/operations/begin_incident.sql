-- Opens an incident
insert into intake.incident (subject, since, detail) values (:subject, :since, :detail) returning incident_id
