-- grain: one row per credit application
-- depends_on: {{ ref('customers_snapshot') }}
-- depends_on: {{ ref('products_snapshot') }}

with events as (
    select * from {{ ref('stg_credit_applications') }}
),

customers as (
    select * from {{ ref('dim_customer_private') }}
),

products as (
    select * from {{ ref('dim_product') }}
),

{% if is_incremental() -%}
touched as (
    {{ with_changed_history(
        ref('stg_credit_applications'), 'application_id', 'application_at', {
            ref('customers_snapshot'): 'customer_id',
            ref('products_snapshot'): 'product_id'
        }
    ) }}
),
{%- endif %}

final as (
    select
        ---------- ids
        events.application_id,
        cast({{ date_key('events.application_at') }} as integer) as date_key,
        customers.customer_key,
        products.product_key,
        events.customer_id,
        events.product_id,
        ---------- when
        events.application_at,
        events.decision_at,
        cast({{ dbt.datediff('events.application_at', 'events.decision_at', 'day') }} as integer) as days_to_decision,
        ---------- what
        events.application_channel,
        coalesce(events.decision, 'pending') as decision,
        events.risk_grade,
        ---------- measures
        events.requested_amount,
        coalesce(events.approved_amount, 0) as approved_amount,
        events.approved_rate,
        events.requested_term_months,
        events.credit_score_at_application,
        events.annual_income,
        events.debt_to_income_ratio,
        events.employment_length_years,
        events.approval_probability_score,
        ---------- flags
        coalesce(lower(events.decision) = 'approved', false) as is_approved,
        events.decision_at is null as is_pending,
        ---------- load
        {{ dbt.current_timestamp() }} as dw_updated_at,
        events._batch_id,
        {{ build_number() }} as _build_id
    from events
    left join customers
        on
            events.customer_id = customers.customer_id
            and {{ valid_at('customers', 'events.application_at') }}
    left join products
        on
            events.product_id = products.product_id
            and {{ valid_at('products', 'events.application_at') }}
    {%- if is_incremental() %}
    where events.application_id in (select touched.application_id from touched)
    {%- endif %}
)

select * from final
order by application_at
