-- Every key with a usable row has exactly one latest version: what stg_ shows misses and doubles nobody.
{% set keys = {
    'products': 'product_id', 'merchants': 'merchant_id', 'customers': 'customer_id',
    'accounts': 'account_id', 'transactions': 'transaction_id',
    'credit_applications': 'application_id', 'fraud_alerts': 'alert_id',
    'customer_interactions': 'interaction_id', 'economic_indicators': 'indicator_date',
    'marketing_campaigns': 'campaign_id', 'loan_payments': 'payment_id',
    'institutions': 'institution_id', 'connections': 'connection_id',
    'external_accounts': 'external_account_id', 'tags': 'tag_id',
    'balance_snapshots': 'balance_snapshot_id',
    'sales_fact': 'order_line_id', 'weather_data': 'weather_key', 'kafka_stream': 'event_id'
} %}

with keys as (
    {% for table, key in keys.items() -%}
    select
        '{{ table }}' as source_table,
        count(distinct {{ key }}) as kept_keys,
        count(*) filter (where is_latest) as latest_rows,
        count(distinct {{ key }}) filter (where is_latest) as latest_keys,
        (select count(*) from {{ ref('stg_' ~ table) }}) as shown_rows
    from {{ ref('base_' ~ table) }}
    where disposition = 'kept'
    {%- if not loop.last %}
    union all
    {% endif -%}
    {% endfor %}
)

select *
from keys
where kept_keys <> latest_rows or latest_keys <> latest_rows or shown_rows <> latest_rows
