-- One code and its labels
insert into core.code_label (code_list, code, row_order, label_vi, label_en)
values (:code_list, :code, :row_order, :label_vi, :label_en)
