-- Periods that a plan is stored with and its register has not
select period from core.period where plan_code = :plan_code and period <> all(:periods) order by period
