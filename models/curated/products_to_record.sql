-- grain: one row per product version that products_snapshot has not recorded yet
{{ config(materialized='ephemeral') }}

{{ versions_to_record('products', 'product_id') }}
