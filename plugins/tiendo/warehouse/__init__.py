"""PostgreSQL: the embedded server, migrations, loading and reading. All statements live in include/sql/."""
