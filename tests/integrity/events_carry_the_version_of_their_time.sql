-- As-was for the smaller facts: the customer version of an event was valid when it happened.
{% set events = {
    'fact_credit_applications': ('application_id', 'application_at'),
    'fact_fraud_alerts': ('alert_id', 'alert_at'),
    'fact_customer_interactions': ('interaction_id', 'interaction_at'),
    'fact_loan_payments': ('payment_id', 'scheduled_date'),
    'fact_sales': ('order_line_id', 'order_at'),
    'fact_subscriptions': ('subscription_id', 'start_date')
} %}

{% for event, (key, moment) in events.items() -%}
select
    '{{ event }}' as fact,
    facts.{{ key }} as id
from {{ ref(event) }} as facts
left join {{ ref('dim_customer_private') }} as customers
    on
        facts.customer_key = customers.customer_key
        and facts.customer_id = customers.customer_id
        and {{ valid_at('customers', 'facts.' ~ moment) }}
where customers.customer_key is null
{%- if not loop.last %}

union all

{% endif -%}
{% endfor %}
