-- "Nothing occurred" is kept apart from "does not apply". Rows of before keep what they said; value_text tells them apart.

alter table core.observation drop constraint observation_answer_check;
alter table core.observation add constraint observation_answer_check
  check (answer in ('value', 'not_applicable', 'no_occurrence', 'not_available'));
