-- grain: one row per scheduled loan payment
-- depends_on: {{ ref('customers_snapshot') }}
-- depends_on: {{ ref('accounts_snapshot') }}
-- depends_on: {{ ref('products_snapshot') }}

with events as (
    select * from {{ ref('stg_loan_payments') }}
),

customers as (
    select * from {{ ref('dim_customer_private') }}
),

accounts as (
    select * from {{ ref('dim_account') }}
),

products as (
    select * from {{ ref('dim_product') }}
),

{% if is_incremental() -%}
touched as (
    {{ with_changed_history(
        ref('stg_loan_payments'), 'payment_id', 'scheduled_date', {
            ref('customers_snapshot'): 'customer_id',
            ref('accounts_snapshot'): 'account_id',
            ref('products_snapshot'): 'product_id'
        }
    ) }}
),
{%- endif %}

final as (
    select
        ---------- ids
        events.payment_id,
        cast({{ date_key('events.scheduled_date') }} as integer) as date_key,
        customers.customer_key,
        accounts.account_key,
        products.product_key,
        events.customer_id,
        events.account_id,
        accounts.product_id,
        ---------- when
        events.scheduled_date,
        events.actual_date,
        ---------- measures
        events.scheduled_amount,
        coalesce(events.actual_amount, 0) as actual_amount,
        events.scheduled_amount - coalesce(events.actual_amount, 0) as unpaid_amount,
        coalesce(events.late_fee, 0) as late_fee_amount,
        events.outstanding_balance as outstanding_amount,
        coalesce(events.days_late, 0) as days_late,
        {{ delinquency_bucket('events.days_late') }} as delinquency_bucket,
        events.payment_method,
        ---------- flags
        coalesce(events.is_late, false) as is_late,
        events.actual_date is not null as is_paid,
        ---------- load
        {{ dbt.current_timestamp() }} as dw_updated_at,
        events._batch_id,
        {{ build_number() }} as _build_id
    from events
    left join customers
        on
            events.customer_id = customers.customer_id
            and {{ valid_at('customers', 'events.scheduled_date') }}
    left join accounts
        on
            events.account_id = accounts.account_id
            and {{ valid_at('accounts', 'events.scheduled_date') }}
    left join products
        on
            accounts.product_id = products.product_id
            and {{ valid_at('products', 'events.scheduled_date') }}
    {%- if is_incremental() %}
    where events.payment_id in (select touched.payment_id from touched)
    {%- endif %}
)

select * from final
order by scheduled_date
