"""What touches PostgreSQL outside dbt: the embedded server, the settings, the loader."""
