-- grain: one row per calendar month, metric, dimension, group and member
{%- set totals = ref('monthly_transaction_totals') %}
{%- set people = ref('monthly_customer_totals') %}
{%- set accounts = ref('monthly_account_totals') %}
{%- set open_accounts = "case when account_status <> 'closed' then account_count else 0 end" %}
{#- (metric, its unit, its expression, the dimensions to show it by) of each source #}
{%- set transaction_metrics = [
    ('transactions', 'count', 'transaction_count', 'total channel category product merchant'),
    ('active_customers', 'count', 'customer_count', 'total channel category product'),
    ('transaction_volume', 'usd', 'volume_amount', 'total channel product'),
    ('average_transaction', 'usd_each', 'volume_amount / nullif(transaction_count, 0)', 'total channel product'),
    ('spending', 'usd', 'spending_amount', 'total channel category product merchant'),
    ('spending_per_customer', 'usd_each', 'spending_amount / nullif(customer_count, 0)', 'total'),
    ('income', 'usd', 'income_amount', 'total'),
    ('savings_rate', 'percent', '100 * (income_amount - spending_amount) / nullif(income_amount, 0)', 'total'),
    ('revenue', 'usd', 'revenue_amount', 'total channel product'),
    ('declined_transactions', 'count', 'declined_count', 'total channel'),
    ('decline_rate', 'percent', '100.0 * declined_count / nullif(transaction_count, 0)', 'total channel'),
    ('fraudulent_transactions', 'count', 'fraud_count', 'total channel'),
    ('fraud_rate', 'percent', '100.0 * fraud_count / nullif(transaction_count, 0)', 'total channel'),
    ('fraud_amount', 'usd', 'fraud_amount', 'total channel'),
] %}
{%- set customer_metrics = [
    ('customers', 'count', 'customer_count', 'total customer_segment age_and_income state'),
    ('new_customers', 'count', 'new_customer_count', 'total customer_segment'),
    ('active_customers', 'count', 'transacting_count', 'customer_segment'),
    ('transactions', 'count', 'transaction_count', 'customer_segment'),
    ('spending', 'usd', 'spending_amount', 'customer_segment state'),
    ('deposits', 'usd', 'held_amount', 'total customer_segment'),
    ('debt', 'usd', 'owed_amount', 'total customer_segment'),
] %}

with products as (
    select
        product_id,
        product_category
    from {{ ref('dim_product') }}
    where is_current
),

measured as (
    {%- for relation, group_column, sample, metrics in [
        (totals, 'null', 'transaction_count', transaction_metrics),
        (people, 'member_group', 'customer_count', customer_metrics),
    ] %}
    {%- for metric, unit, expression, dimensions in metrics %}
    select
        month_start_date,
        '{{ metric }}' as metric,
        '{{ unit }}' as unit,
        dimension,
        cast({{ group_column }} as {{ dbt.type_string() }}) as member_group,
        member_code,
        round(cast({{ expression }} as numeric), 4) as value,
        {{ sample }} as sample_count
    from {{ relation }}
    where ' {{ dimensions }} ' like '% ' || dimension || ' %'
    union all
    {%- endfor %}
    {%- endfor %}
    {%- for metric, unit, measure in [
        ('accounts', 'count', open_accounts),
        ('deposits', 'usd', 'held_amount'),
        ('debt', 'usd', 'owed_amount'),
    ] %}
    select
        month_start_date,
        '{{ metric }}' as metric,
        '{{ unit }}' as unit,
        'product' as dimension,
        cast(null as {{ dbt.type_string() }}) as member_group,
        cast(product_id as {{ dbt.type_string() }}) as member_code,
        round(cast(sum({{ measure }}) as numeric), 4) as value,
        sum({{ open_accounts }}) as sample_count
    from {{ accounts }}
    group by month_start_date, product_id
    union all
    {%- endfor %}
    select
        totals.month_start_date,
        'accounts' as metric,
        'count' as unit,
        'account_status' as dimension,
        products.product_category as member_group,
        totals.account_status as member_code,
        round(cast(sum(totals.account_count) as numeric), 4) as value,
        sum(totals.account_count) as sample_count
    from {{ accounts }} as totals
    inner join products
        on totals.product_id = products.product_id
    group by totals.month_start_date, products.product_category, totals.account_status
)

select * from measured
