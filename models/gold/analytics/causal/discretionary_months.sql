-- grain: one row per calendar month
-- Unscheduled purchases of customers, declined ones included, beside the economy of the month.
{{ config(materialized='incremental', unique_key='month_start_date') }}

with purchases as (
    select
        cast({{ dbt.date_trunc('month', 'transaction_date') }} as date) as month_start_date,
        transaction_date,
        category_name,
        is_discretionary
    from {{ ref('fact_transactions') }}
    where
        transaction_type = 'purchase'
        and not is_recurring
        and not is_fraud
        and category_name <> 'Uncategorized'
),

as_of as (
    select as_of_date from {{ ref('as_of_date') }}
),

indicators as (
    select * from {{ ref('stg_economic_indicators') }}
),

{% if is_incremental() -%}
touched as (
    select cast({{ dbt.date_trunc('month', 'transaction_date') }} as date) as month_start_date
    from {{ ref('fact_transactions') }}
    where _build_id > {{ watermark() }}
    union
    select indicator_date from indicators
    where _build_id > {{ watermark() }}
),
{%- endif %}

counts as (
    select
        month_start_date,
        count(*) as purchase_count,
        count(*) filter (where is_discretionary) as discretionary_count,
        count(*) filter (where category_name = 'Healthcare') as healthcare_count
    from purchases
    where
        transaction_date <= (select as_of.as_of_date from as_of)
        {%- if is_incremental() %}
        and month_start_date in (select touched.month_start_date from touched)
        {%- endif %}
    group by month_start_date
)

select
    counts.month_start_date,
    counts.purchase_count,
    counts.discretionary_count,
    counts.healthcare_count,
    {{ percent_of('counts.discretionary_count', 'counts.purchase_count') }} as discretionary_percent,
    indicators.consumer_confidence_index,
    {{ build_number() }} as _build_id
from counts
left join indicators
    on counts.month_start_date = indicators.indicator_date
