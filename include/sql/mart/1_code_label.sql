-- What the codes of all other relations are called
create or replace view mart.code_label as
  select code_list, code, label_vi, label_en, row_order from core.code_label;

grant select on mart.code_label to tiendo_reader, tiendo_loader;

comment on view mart.code_label is
  'What the codes of all other relations are called, in Vietnamese and English. One row per code list and code; the lists hold every code that occurs.';
comment on column mart.code_label.code_list is
  'The list: indicator_status, task_state, submission_state, file_state, severity and so on.';
comment on column mart.code_label.code is 'The code.';
comment on column mart.code_label.label_vi is 'Its name in Vietnamese.';
comment on column mart.code_label.label_en is 'Its name in English.';
comment on column mart.code_label.row_order is 'Order in which the codes of a list are shown.';
