-- grain: one row per delivered row that could not be used

{% set keys = {
    'products': 'product_id', 'merchants': 'merchant_id', 'customers': 'customer_id',
    'accounts': 'account_id', 'transactions': 'transaction_id',
    'credit_applications': 'application_id', 'fraud_alerts': 'alert_id',
    'customer_interactions': 'interaction_id', 'economic_indicators': 'indicator_date',
    'marketing_campaigns': 'campaign_id', 'loan_payments': 'payment_id',
    'product_category': 'category_id', 'product': 'product_id', 'sales_fact': 'order_line_id',
    'subscription_data': 'subscription_id', 'weather_data': 'weather_date', 'kafka_stream': 'event_id'
} %}

{% for table, key in keys.items() -%}
select
    '{{ table }}' as source_table,
    cast({{ key }} as {{ dbt.type_string() }}) as source_key,
    quarantine_reason,
    _source_file as source_file,
    _source_row as source_row,
    _batch_id as batch_id,
    _batch_date as batch_date,
    delivery_key
from {{ ref('base_' ~ table) }}
where quarantine_reason is not null
{%- if not loop.last %}

union all

{% endif -%}
{% endfor %}
