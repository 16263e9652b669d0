-- grain: one row per calendar month, metric, dimension, group and member
{%- set listed_merchants = 10 %}

with measures as (
    select
        month_start_date,
        metric,
        unit,
        dimension,
        member_group,
        member_code,
        value,
        sample_count,
        {{ surrogate_key(['metric', 'dimension', 'member_group', 'member_code']) }} as series_key
    from {{ ref('monthly_measures') }}
),

as_of as (
    select as_of_date from {{ ref('as_of_date') }}
),

products as (
    select
        cast(product_id as {{ dbt.type_string() }}) as product_code,
        product_name,
        product_category
    from {{ ref('dim_product') }}
    where is_current
),

merchants as (
    select
        cast(merchant_id as {{ dbt.type_string() }}) as merchant_code,
        merchant_name,
        category as merchant_category
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

named as (
    select
        measures.*,
        begun.first_month,
        coalesce(products.product_category, merchants.merchant_category, measures.member_group) as parent_member,
        coalesce(products.product_name, merchants.merchant_name, measures.member_code) as member,
        cast({{ dbt.dateadd('month', -1, 'measures.month_start_date') }} as date) as month_before
    from measures
    inner join begun
        on measures.series_key = begun.series_key
    left join products
        on measures.dimension = 'product' and measures.member_code = products.product_code
    left join merchants
        on measures.dimension = 'merchant' and measures.member_code = merchants.merchant_code
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
),

compared as (
    select
        ranked.*,
        coalesce(
            before.value,
            -- nothing happened; nothing is not measured
            case when ranked.unit in ('count', 'usd') and ranked.first_month < ranked.month_start_date then 0 end
        ) as previous_value
    from ranked
    left join measures as before
        on ranked.series_key = before.series_key and ranked.month_before = before.month_start_date
    where ranked.dimension <> 'merchant' or ranked.rank_in_category <= {{ listed_merchants }}
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
        cast(compared.member_rank as integer) as member_rank,
        cast(compared.sample_count as bigint) as sample_count
    from compared
    cross join as_of
    where compared.month_start_date <= as_of.as_of_date
)

select * from final
