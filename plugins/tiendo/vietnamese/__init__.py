"""How Vietnamese offices write numbers, dates, periods and names. Pure functions, no I/O."""
