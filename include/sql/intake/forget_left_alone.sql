-- What a scan no longer found among the things left alone
delete from intake.left_alone where channel = :channel and path <> all(cast(:paths as text[]))
