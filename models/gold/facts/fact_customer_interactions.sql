-- grain: one row per customer interaction
-- depends_on: {{ ref('customers_snapshot') }}

with events as (
    select * from {{ ref('stg_customer_interactions') }}
),

customers as (
    select * from {{ ref('dim_customer_private') }}
),

{% if is_incremental() -%}
touched as (
    {{ with_changed_history(
        ref('stg_customer_interactions'), 'interaction_id', 'interaction_at', {
            ref('customers_snapshot'): 'customer_id'
        }
    ) }}
),
{%- endif %}

final as (
    select
        ---------- ids
        events.interaction_id,
        cast({{ date_key('events.interaction_at') }} as integer) as date_key,
        customers.customer_key,
        events.customer_id,
        ---------- when
        events.interaction_at,
        ---------- what
        events.interaction_type,
        events.reason,
        events.campaign_id,
        events.campaign_group,
        events.agent_id,
        ---------- measures
        events.duration_minutes,
        events.sentiment_score,
        events.satisfaction_rating,
        ---------- flags
        coalesce(events.is_resolved, false) as is_resolved,
        coalesce(events.is_escalated, false) as is_escalated,
        ---------- load
        {{ dbt.current_timestamp() }} as dw_updated_at,
        events._batch_id,
        {{ build_number() }} as _build_id
    from events
    left join customers
        on
            events.customer_id = customers.customer_id
            and {{ valid_at('customers', 'events.interaction_at') }}
    {%- if is_incremental() %}
    where events.interaction_id in (select touched.interaction_id from touched)
    {%- endif %}
)

select * from final
order by interaction_at
