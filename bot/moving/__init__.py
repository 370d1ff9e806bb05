"""Moves a whole SQLite store into PostgreSQL, for who has come to need several processes."""
