-- grain: one row per version of a catalogue product that product_snapshot has not recorded yet
{{ config(materialized='ephemeral') }}

{{ versions_to_record('product', 'catalogue_product_id') }}
