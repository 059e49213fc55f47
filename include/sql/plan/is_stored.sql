-- Whether a register is kept, and the one that its plan goes by now
select exists (select from core.plan where plan_code = :plan_code and register_sha256 = :register_sha256)
  and exists (select from core.register where register_sha256 = :register_sha256)
