-- The files of a register that is kept
select files from core.register where register_sha256 = :register_sha256
