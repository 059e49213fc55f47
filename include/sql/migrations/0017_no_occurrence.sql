-- That nothing occurred is kept apart from that an indicator does not apply. Rows of before stay: value_text tells.

alter table core.observation drop constraint observation_answer_check;
alter table core.observation add constraint observation_answer_check
  check (answer in ('value', 'not_applicable', 'no_occurrence', 'not_available'));
