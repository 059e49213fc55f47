-- Keeps what a suite's run said; once, however often it is repeated
insert into intake.validation_result (run, part, suite, plan_code, period, ran_at, row_count, result)
values (:run, :part, :suite, :plan_code, :period, :ran_at, :row_count, cast(:result as jsonb))
on conflict (run, part, suite) do nothing
