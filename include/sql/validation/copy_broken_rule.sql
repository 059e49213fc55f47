-- The rows of files that broke a rule
copy intake.broken_rule (file_id, suite, rule, severity, row_number, sheet, cell, fate) from stdin
