-- The word explanation is the sender's: what a verdict says of itself is its sentence.

alter table core.indicator_status rename column explanation to sentence;
