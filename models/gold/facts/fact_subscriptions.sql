-- grain: one row per membership of the marketplace
-- depends_on: {{ ref('customers_snapshot') }}

with subscriptions as (
    select * from {{ ref('stg_subscriptions') }}
),

customers as (
    select * from {{ ref('dim_customer_private') }}
),

{% if is_incremental() -%}
touched as (
    {{ with_changed_history(
        ref('stg_subscriptions'), 'subscription_id', 'start_date', {ref('customers_snapshot'): 'customer_id'}
    ) }}
),
{%- endif %}

final as (
    select
        ---------- ids
        subscriptions.subscription_id,
        cast({{ date_key('subscriptions.start_date') }} as integer) as start_date_key,
        cast({{ date_key('subscriptions.end_date') }} as integer) as end_date_key,
        customers.customer_key,
        subscriptions.customer_id,
        ---------- when
        subscriptions.start_date,
        subscriptions.end_date,
        ---------- what
        subscriptions.plan_name,
        subscriptions.billing_period,
        subscriptions.subscription_status,
        subscriptions.cancellation_reason,
        ---------- measures
        subscriptions.price_amount,
        subscriptions.monthly_amount,
        cast({{ dbt.datediff('subscriptions.start_date', 'subscriptions.end_date', 'day') }} as integer)
            as completed_days,
        ---------- flags
        subscriptions.end_date is null as is_active,
        coalesce(subscriptions.cancellation_reason = 'changed_plan', false) as is_plan_change,
        ---------- load
        {{ dbt.current_timestamp() }} as dw_updated_at,
        subscriptions._batch_id,
        {{ build_number() }} as _build_id
    from subscriptions
    left join customers
        on
            subscriptions.customer_id = customers.customer_id
            and {{ valid_at('customers', 'subscriptions.start_date') }}
    {%- if is_incremental() %}
    where subscriptions.subscription_id in (select touched.subscription_id from touched)
    {%- endif %}
)

select * from final
