-- What was said by the runs of some batches, and by those over a period's rows of the mart, in the order they ran
select run, part, suite, period, ran_at, row_count, cast(result as text) as result
from intake.validation_result
where (period is null and run = any(:runs)) or (plan_code = :plan_code and period = :period)
order by validation_result_id
