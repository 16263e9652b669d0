-- grain: one row per delivered row of bronze.tags

{% set columns = [
    'tag_id', 'customer_id', 'tag_name', 'tag_colour',
    'created_at', 'updated_at', 'is_deleted'
] %}

with delivered as (
    {{ new_deliveries('tags') }}
),

typed as (
    select
        {{ delivery_columns() }},
        {{ clean_integer('tag_id') }} as tag_id,
        {{ clean_integer('customer_id') }} as customer_id,
        {{ clean_text('tag_name') }} as tag_name,
        {{ clean_text('tag_colour') }} as tag_colour,
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
            when tag_id is null then 'missing_id'
            when tag_name is null then 'impossible_value'
        end as row_defect,
        {{ evaluate_once() }} as is_checked
    from typed
),

candidates as (
    {{ with_known_deliveries('checked', columns, 'tag_id') }}
),

customers as (
    select customer_id from {{ ref('base_customers') }}
    where disposition = 'kept'
    group by customer_id
),

resolved as (
    select
        candidates.*,
        case
            when candidates.row_defect is not null then candidates.row_defect
            when customers.customer_id is null then 'orphan_customer'
        end as quarantine_reason
    from candidates
    left join customers
        on candidates.customer_id = customers.customer_id
),

{{ verdicts('resolved', columns, 'tag_id') }}

select * from final
