-- grain: one row per transaction and tag it carries or carried
-- A tag put on a transaction while it was pending stays on it once it is booked.

with links as (
    select * from {{ kept(ref('base_transaction_tags')) }}
),

transactions as (
    select * from {{ ref('stg_external_transactions') }}
),

known_as as (
    select
        external_transaction_id,
        transaction_id
    from transactions
    union all
    select
        transaction_id as external_transaction_id,
        transaction_id
    from transactions
    where transaction_id <> external_transaction_id
)

select
    known_as.transaction_id,
    links.tag_id,
    min(links.transaction_tag_id) as transaction_tag_id,
    -- put on twice, under both numbers of the transaction: it is there until both are gone
    min(case when links.is_deleted then 1 else 0 end) = 1 as is_deleted,
    min(links.created_at) as created_at,
    max(links.updated_at) as updated_at,
    max(links._build_id) as _build_id
from links
inner join known_as
    on links.external_transaction_id = known_as.external_transaction_id
group by known_as.transaction_id, links.tag_id
