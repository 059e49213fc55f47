-- In which part of its batch a file was checked
copy intake.checked_file (file_id, run, part, row_counts) from stdin
