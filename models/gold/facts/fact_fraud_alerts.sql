-- grain: one row per fraud alert
-- depends_on: {{ ref('customers_snapshot') }}
-- depends_on: {{ ref('accounts_snapshot') }}
-- depends_on: {{ ref('products_snapshot') }}

with events as (
    select * from {{ ref('stg_fraud_alerts') }}
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
        ref('stg_fraud_alerts'), 'alert_id', 'alert_at', {
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
        events.alert_id,
        cast({{ date_key('events.alert_at') }} as integer) as date_key,
        customers.customer_key,
        accounts.account_key,
        products.product_key,
        events.customer_id,
        events.account_id,
        accounts.product_id,
        events.transaction_id,
        ---------- when
        events.alert_at,
        events.resolution_at,
        cast({{ dbt.datediff('events.alert_at', 'events.resolution_at', 'hour') }} as integer) as hours_to_resolution,
        ---------- what
        events.alert_type,
        events.alert_severity,
        events.investigation_status,
        ---------- measures
        coalesce(events.amount_recovered, 0) as recovered_amount,
        ---------- flags
        events.resolution_at is null as is_open,
        ---------- load
        {{ dbt.current_timestamp() }} as dw_updated_at,
        events._batch_id,
        {{ build_number() }} as _build_id
    from events
    left join customers
        on
            events.customer_id = customers.customer_id
            and {{ valid_at('customers', 'events.alert_at') }}
    left join accounts
        on
            events.account_id = accounts.account_id
            and {{ valid_at('accounts', 'events.alert_at') }}
    left join products
        on
            accounts.product_id = products.product_id
            and {{ valid_at('products', 'events.alert_at') }}
    {%- if is_incremental() %}
    where events.alert_id in (select touched.alert_id from touched)
    {%- endif %}
)

select * from final
order by alert_at
