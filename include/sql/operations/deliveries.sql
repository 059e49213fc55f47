select path, size_bytes, modified_ns from intake.delivery
