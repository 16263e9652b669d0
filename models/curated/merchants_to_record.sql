-- grain: one row per merchant version that merchants_snapshot has not recorded yet
{{ config(materialized='ephemeral') }}

{{ versions_to_record('merchants', 'merchant_id') }}
