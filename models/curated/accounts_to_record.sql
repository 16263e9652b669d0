-- grain: one row per account version that accounts_snapshot has not recorded yet
{{ config(materialized='ephemeral') }}

{{ versions_to_record('accounts', 'account_id') }}
