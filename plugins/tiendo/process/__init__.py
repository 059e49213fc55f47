"""A batch from waiting files to settled ones, and what is done to a settled file by hand."""
