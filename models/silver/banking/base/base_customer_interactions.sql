-- grain: one row per delivered row of bronze.customer_interactions

{% set columns = [
    'interaction_id', 'customer_id', 'interaction_at', 'interaction_type',
    'reason', 'campaign_id', 'campaign_group', 'duration_minutes',
    'sentiment_score', 'satisfaction_rating', 'is_resolved', 'is_escalated',
    'agent_id', 'notes', 'created_at', 'updated_at'
] %}

with delivered as (
    {{ new_deliveries('customer_interactions') }}
),

typed as (
    select
        {{ delivery_columns() }},
        {{ clean_integer('interaction_id') }} as interaction_id,
        {{ clean_integer('customer_id') }} as customer_id,
        {{ clean_timestamp('interaction_date') }} as interaction_at,
        {{ clean_text('interaction_type') }} as interaction_type,
        {{ clean_text('reason') }} as reason,
        {{ clean_integer('campaign_id') }} as campaign_id,
        {{ clean_text('campaign_group') }} as campaign_group,
        {{ clean_numeric('duration_minutes') }} as duration_minutes,
        {{ clean_numeric('sentiment_score') }} as sentiment_score,
        {{ clean_integer('satisfaction_rating') }} as satisfaction_rating,
        {{ clean_boolean('resolved') }} as is_resolved,
        {{ clean_boolean('escalated') }} as is_escalated,
        {{ clean_text('agent_id') }} as agent_id,
        {{ clean_text('notes') }} as notes,
        {{ clean_timestamp('created_at') }} as created_at,
        coalesce({{ clean_timestamp('updated_at') }}, {{ clean_timestamp('created_at') }}) as updated_at,
        {{ evaluate_once() }} as is_typed
    from delivered
),

checked as (
    select
        *,
        case
            when interaction_id is null then 'missing_id'
            when interaction_at is null then 'unreadable_date'
            when duration_minutes < 0 or satisfaction_rating not between 1 and 5 then 'impossible_value'
        end as row_defect,
        {{ evaluate_once() }} as is_checked
    from typed
),

candidates as (
    {{ with_known_deliveries('checked', columns, 'interaction_id') }}
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

{{ verdicts('resolved', columns, 'interaction_id') }}

select * from final
