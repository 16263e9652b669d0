-- grain: one row per customer version that customers_snapshot has not recorded yet
{{ config(materialized='ephemeral') }}

{{ versions_to_record('customers', 'customer_id') }}
