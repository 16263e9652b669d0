-- grain: one row per metric and relation or database, as the server is when it is asked
{{ config(materialized='view') }}

{{ database_health() }}
