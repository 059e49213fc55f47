"""What goes to a sender, in Vietnamese: templates, receipts, marked copies, answers by mail."""
