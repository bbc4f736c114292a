"""How the tables came to be, one step a file; Alembic runs what a database has not seen yet."""
