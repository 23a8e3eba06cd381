"""The operational record in PostgreSQL: tables, set-based loads and queries. Decides nothing; owns no transaction."""
