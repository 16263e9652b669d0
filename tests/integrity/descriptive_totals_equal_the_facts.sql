-- What descriptive_analytics says of a month is what the facts say, and its dimensions say the same as its totals.
-- Fails per month and comparison.

{%- set metrics = [
    ('transactions', 'count(*)'),
    ('active_customers', 'count(distinct customer_id)'),
    ('transaction_volume', 'sum(transaction_amount_abs)'),
    ('spending', 'sum(spending_amount)'),
    ('income', 'sum(income_amount)'),
    ('revenue', 'sum(revenue_amount)'),
    ('declined_transactions', 'sum(case when is_declined then 1 else 0 end)'),
    ('fraudulent_transactions', 'sum(case when is_fraud then 1 else 0 end)'),
    ('fraud_amount', 'sum(fraud_amount)')
] %}

with sums_of_facts as (
    select
        {%- for _, expression in metrics %}
        {{ expression }} as value_{{ loop.index }},
        {%- endfor %}
        cast({{ dbt.date_trunc('month', 'transaction_date') }} as date) as period_start_date
    from {{ ref('fact_transactions') }}
    group by cast({{ dbt.date_trunc('month', 'transaction_date') }} as date)
),

expected as (
    {%- for metric, _ in metrics %}
    {{ 'union all' if not loop.first }}
    select
        period_start_date,
        '{{ metric }}' as metric,
        cast(value_{{ loop.index }} as numeric) as value
    from sums_of_facts
    {%- endfor %}
),

shown as (
    select * from {{ ref('descriptive_analytics') }}
),

totals as (
    select
        period_start_date,
        metric,
        value
    from shown
    where dimension = 'total'
),

-- every dimension whose members make the whole
sums as (
    select
        period_start_date,
        metric,
        dimension,
        sum(value) as value
    from shown
    where
        (metric in ('transactions', 'transaction_volume', 'revenue') and dimension in ('channel', 'product'))
        or (metric = 'spending' and dimension in ('channel', 'product', 'category', 'customer_segment', 'state'))
        or (metric = 'customers' and dimension in ('customer_segment', 'age_and_income', 'state'))
        or (metric in ('deposits', 'debt') and dimension in ('product', 'customer_segment'))
    group by period_start_date, metric, dimension
)

select
    expected.period_start_date,
    expected.metric,
    'facts' as compared_with,
    totals.value as value_shown,
    expected.value as value_expected
from expected
left join totals
    on expected.period_start_date = totals.period_start_date and expected.metric = totals.metric
where totals.value is distinct from expected.value
union all
select
    sums.period_start_date,
    sums.metric,
    sums.dimension as compared_with,
    sums.value as value_shown,
    totals.value as value_expected
from sums
left join totals
    on sums.period_start_date = totals.period_start_date and sums.metric = totals.metric
where totals.value is distinct from sums.value
