-- grain: one row per payment channel, and one (key -1) for what is not paid through one
{{ config(materialized='view') }}

select
    payment_method_key as channel_key,
    payment_method_name as channel_name,
    fee_percent
from {{ ref('dim_payment_method') }}
where is_payment_channel

union all

select
    -1 as channel_key,
    'No payment channel' as channel_name,
    0 as fee_percent
