-- Every kept version of an approved purchase, refund or fee is one row of curated_spending_snapshots.
with recorded as (
    select
        transaction_id,
        valid_from,
        count(*) as recorded_rows,
        max(is_latest) as is_latest,
        sum(amount_cleaned) as amount_cleaned
    from {{ ref('curated_spending_snapshots') }}
    group by transaction_id, valid_from
),

kept as (
    select * from {{ ref('base_transactions') }}
    where
        disposition = 'kept'
        and decline_reason is null
        and {{ is_spending('transaction_type') }}
)

select
    coalesce(kept.transaction_id, recorded.transaction_id) as transaction_id,
    coalesce(kept.updated_at, recorded.valid_from) as version
from kept
full outer join recorded
    on
        kept.transaction_id = recorded.transaction_id
        and kept.updated_at = recorded.valid_from
where
    kept.transaction_id is null
    or recorded.transaction_id is null
    or recorded.recorded_rows <> 1
    or recorded.amount_cleaned <> -kept.amount
    or (recorded.is_latest = 1) <> kept.is_latest
