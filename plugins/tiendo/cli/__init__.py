"""The ``tiendo`` command: one file for each group of verbs, each command a few lines over the library."""
