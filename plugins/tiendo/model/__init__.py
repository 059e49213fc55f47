"""Plain data that rooms hand on: periods, working days, the register's types, cells as typed, outcomes. No I/O."""
