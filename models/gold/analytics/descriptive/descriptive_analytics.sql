-- grain: one row per calendar month, metric, dimension, group and member
{%- set listed_merchants = 10 %}

with measures as (
    select * from {{ ref('monthly_measures') }}
),

as_of as (
    select as_of_date from {{ ref('as_of_date') }}
),

products as (
    select
        cast(product_id as {{ dbt.type_string() }}) as product_code,
        product_name
    from {{ ref('dim_product') }}
    where is_current
),

merchants as (
    select
        cast(merchant_id as {{ dbt.type_string() }}) as merchant_code,
        merchant_name
    from {{ ref('dim_merchant') }}
    where is_current
),

begun as (
    select
        series_key,
        min(month_start_date) as first_month
    from measures
    group by series_key
),

listed as (
    select
        measures.*,
        coalesce(products.product_name, merchants.merchant_name, measures.member_code) as member,
        cast({{ dbt.dateadd('month', -1, 'measures.month_start_date') }} as date) as month_before
    from measures
    left join products
        on measures.dimension = 'product' and measures.member_code = products.product_code
    left join merchants
        on measures.dimension = 'merchant' and measures.member_code = merchants.merchant_code
    where measures.dimension <> 'merchant' or measures.rank_in_category <= {{ listed_merchants }}
),

compared as (
    select
        listed.*,
        coalesce(
            before.value,
            -- nothing happened; nothing is not measured
            case when listed.unit in ('count', 'usd') and begun.first_month < listed.month_start_date then 0 end
        ) as previous_value
    from listed
    inner join begun
        on listed.series_key = begun.series_key
    left join measures as before
        on listed.series_key = before.series_key and listed.month_before = before.month_start_date
),

final as (
    select
        {{ surrogate_key(['compared.series_key', 'compared.month_start_date']) }} as descriptive_key,
        compared.metric,
        compared.unit,
        compared.dimension,
        compared.parent_member,
        compared.member,
        compared.member_code,
        compared.month_start_date as period_start_date,
        cast(least({{ dbt.last_day('compared.month_start_date', 'month') }}, as_of.as_of_date) as date)
            as period_end_date,
        cast({{ dbt.last_day('compared.month_start_date', 'month') }} as date) <= as_of.as_of_date as is_complete,
        compared.value,
        compared.previous_value,
        compared.value - compared.previous_value as absolute_change,
        case
            when compared.unit <> 'percent' then {{ percent_change('compared.value', 'compared.previous_value') }}
        end as percent_change,
        compared.share_percent,
        compared.member_rank,
        compared.sample_count
    from compared
    cross join as_of
    where compared.month_start_date <= as_of.as_of_date
)

select * from final
