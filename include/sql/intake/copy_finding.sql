-- Findings of a batch's files, in bulk
copy intake.finding (file_id, rule, severity, sheet, cell, message, found, expected, fix) from stdin
