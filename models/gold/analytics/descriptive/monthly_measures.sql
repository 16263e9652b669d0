-- grain: one row per calendar month, metric, dimension, group and member
-- Shares and places are among the members of a month, so a month stands as it was until one of them changes.
{{ config(
    materialized='incremental',
    incremental_strategy='append',
    pre_hook="{{ delete_touched('month_start_date', touched_measure_months()) }}"
) }}
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
        product_category,
        cast(product_id as {{ dbt.type_string() }}) as product_code
    from {{ ref('dim_product') }}
    where is_current
),

merchants as (
    select
        cast(merchant_id as {{ dbt.type_string() }}) as merchant_code,
        category as merchant_category
    from {{ ref('dim_merchant') }}
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
),

named as (
    select
        measured.*,
        {{ surrogate_key(['metric', 'dimension', 'member_group', 'member_code']) }} as series_key,
        coalesce(products.product_category, merchants.merchant_category, measured.member_group) as parent_member
    from measured
    left join products
        on measured.dimension = 'product' and measured.member_code = products.product_code
    left join merchants
        on measured.dimension = 'merchant' and measured.member_code = merchants.merchant_code
    {%- if is_incremental() %}
    where measured.month_start_date in ({{ touched_measure_months() }})
    {%- endif %}
),

ranked as (
    select
        *,
        rank() over (
            partition by month_start_date, metric, dimension, case when dimension = 'merchant' then parent_member end
            order by value desc nulls last
        ) as rank_in_category,
        rank() over (
            partition by month_start_date, metric, dimension order by value desc nulls last
        ) as member_rank,
        case
            when unit in ('count', 'usd') and metric <> 'active_customers'
                then {{ percent_of('value', 'sum(value) over (partition by month_start_date, metric, dimension)') }}
        end as share_percent
    from named
)

select
    series_key,
    month_start_date,
    metric,
    unit,
    dimension,
    member_group,
    parent_member,
    member_code,
    value,
    cast(sample_count as bigint) as sample_count,
    cast(rank_in_category as integer) as rank_in_category,
    cast(member_rank as integer) as member_rank,
    share_percent,
    {{ build_number() }} as _build_id
from ranked
