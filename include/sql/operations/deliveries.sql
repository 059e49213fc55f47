-- What lies on the share of the answers, as it was when it was put there
select path, size_bytes, modified_ns from intake.delivery
