-- Notes that a channel was looked through to the end
insert into intake.scan (channel, completed_at) values (:channel, :completed_at)
