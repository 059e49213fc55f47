-- A target in words: what is reported of it is a state out of the register's list, and no number.

alter table core.indicator drop constraint indicator_comparator_check;
alter table core.indicator add constraint indicator_comparator_check
  check (comparator in ('ge', 'gt', 'le', 'lt', 'range', 'between', 'state', 'none'));
alter table core.observation drop constraint observation_answer_check;
alter table core.observation add constraint observation_answer_check
  check (answer in ('value', 'state', 'not_applicable', 'no_occurrence', 'not_available'));
