-- grain: one row per delivered row of bronze.transaction_tags

{% set columns = [
    'transaction_tag_id', 'external_transaction_id', 'tag_id', 'created_at',
    'updated_at', 'is_deleted'
] %}

with delivered as (
    {{ new_deliveries('transaction_tags') }}
),

typed as (
    select
        {{ delivery_columns() }},
        {{ clean_integer('transaction_tag_id') }} as transaction_tag_id,
        {{ clean_integer('external_transaction_id') }} as external_transaction_id,
        {{ clean_integer('tag_id') }} as tag_id,
        {{ clean_timestamp('created_at') }} as created_at,
        coalesce({{ clean_timestamp('updated_at') }}, {{ clean_timestamp('created_at') }}) as updated_at,
        coalesce({{ clean_boolean('is_deleted') }}, false) as is_deleted,
        {{ evaluate_once() }} as is_typed
    from delivered
),

checked as (
    select
        *,
        case
            when transaction_tag_id is null then 'missing_id'
        end as row_defect,
        {{ evaluate_once() }} as is_checked
    from typed
),

candidates as (
    {{ with_known_deliveries('checked', columns, 'transaction_tag_id') }}
),

external_transactions as (
    select external_transaction_id from {{ ref('base_external_transactions') }}
    where disposition = 'kept'
    group by external_transaction_id
),

tags as (
    select tag_id from {{ ref('base_tags') }}
    where disposition = 'kept'
    group by tag_id
),

resolved as (
    select
        candidates.*,
        case
            when candidates.row_defect is not null then candidates.row_defect
            when external_transactions.external_transaction_id is null then 'orphan_transaction'
            when tags.tag_id is null then 'orphan_tag'
        end as quarantine_reason
    from candidates
    left join external_transactions
        on candidates.external_transaction_id = external_transactions.external_transaction_id
    left join tags
        on candidates.tag_id = tags.tag_id
),

{{ verdicts('resolved', columns, 'transaction_tag_id') }}

select * from final
