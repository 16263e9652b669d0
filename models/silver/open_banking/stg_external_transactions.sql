-- grain: one row per transaction on a connected account: pending and booked are one
-- It keeps the number under which it was first reported, so that it never changes its identity.
-- Stored, since a day asks for it five times, and made anew where something was reported.
{{ config(
    materialized='incremental',
    incremental_strategy='append',
    on_schema_change='fail',
    pre_hook="{{ delete_touched('transaction_id', touched_external_transactions()) }}",
    post_hook="{{ collect_statistics() }}"
) }}

with reports as (
    select * from {{ kept(ref('base_external_transactions')) }}
),

reported as (
    select
        *,
        -- a further booking of the same pending transaction stands for itself
        case
            when pending_transaction_id is null then external_transaction_id
            when
                row_number() over (partition by pending_transaction_id order by external_transaction_id) = 1
                then pending_transaction_id
            else external_transaction_id
        end as transaction_id
    from reports
    {%- if is_incremental() %}
    where
        external_transaction_id in ({{ touched_external_transactions() }})
        or pending_transaction_id in ({{ touched_external_transactions() }})
    {%- endif %}
),

ranked as (
    select
        *,
        row_number() over (
            partition by transaction_id
            order by case transaction_status when 'booked' then 1 when 'released' then 2 else 3 end
        ) as place,
        max(_build_id) over (partition by transaction_id) as last_build_id
    from reported
)

select
    transaction_id,
    external_transaction_id,
    external_account_id,
    transaction_status,
    booking_date,
    value_date,
    amount,
    currency,
    transaction_type,
    counterparty_name,
    description,
    category,
    created_at,
    updated_at,
    _batch_id,
    _batch_date,
    last_build_id as _build_id
from ranked
where
    place = 1
    {%- if is_incremental() %}
    and transaction_id in ({{ touched_external_transactions() }})
    {%- endif %}
