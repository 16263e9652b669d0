{% macro source_keys() -%}
    {#- Every delivered table and the key of its rows: what quarantine, row accounting and their tests go through. -#}
    {{- return({
        'products': 'product_id', 'merchants': 'merchant_id', 'customers': 'customer_id',
        'accounts': 'account_id', 'transactions': 'transaction_id',
        'credit_applications': 'application_id', 'fraud_alerts': 'alert_id',
        'customer_interactions': 'interaction_id', 'economic_indicators': 'indicator_date',
        'marketing_campaigns': 'campaign_id', 'loan_payments': 'payment_id',
        'institutions': 'institution_id', 'connections': 'connection_id',
        'external_accounts': 'external_account_id', 'tags': 'tag_id',
        'external_transactions': 'external_transaction_id', 'transaction_tags': 'transaction_tag_id',
        'balance_snapshots': 'balance_snapshot_id',
        'product_category': 'category_id', 'product': 'catalogue_product_id', 'sales_fact': 'order_line_id',
        'subscription_data': 'subscription_id', 'weather_data': 'weather_key', 'kafka_stream': 'event_id'
    }) -}}
{%- endmacro %}
