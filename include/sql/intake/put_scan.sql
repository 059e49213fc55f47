insert into intake.scan (channel, completed_at) values (:channel, :completed_at)
