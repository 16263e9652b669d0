-- grain: one row per spending category and step of the robust score
-- The robust score of a purchase: how far the logarithm of its amount lies from the category's median, in units
-- of 1.4826 median absolute deviations (a standard deviation where amounts are log-normal). Medians of logarithms
-- are logarithms of medians, so no logarithm is sorted.
{%- set outlier_score = 3.5 %}

with as_of as (
    select cast({{ dbt.date_trunc('month', dbt.dateadd('day', 1, 'as_of_date')) }} as date) as month_after
    from {{ ref('as_of_date') }}
),

bounds as (
    select
        cast({{ dbt.dateadd('month', -12, 'month_after') }} as date) as first_day,
        month_after
    from as_of
),

purchases as (
    select
        transaction_id,
        category_name,
        category_group,
        transaction_amount_abs as amount,
        is_fraud
    from {{ ref('fact_transactions') }}
    where
        transaction_date >= (select bounds.first_day from bounds)
        and transaction_date < (select bounds.month_after from bounds)
        and transaction_type = 'purchase'
        and is_approved
        -- what recurs was agreed once, and is as large as it is every month
        and not is_recurring
        and transaction_amount_abs > 0
),

medians as (
    select
        category_name,
        min(category_group) as category_group,
        count(*) as category_count,
        percentile_disc(0.5) within group (order by amount) as median_amount
    from purchases
    group by category_name
),

ratios as (
    select
        purchases.*,
        medians.category_count,
        medians.median_amount,
        purchases.amount / medians.median_amount as ratio,
        greatest(purchases.amount / medians.median_amount, medians.median_amount / purchases.amount) as distance_ratio
    from purchases
    inner join medians
        on purchases.category_name = medians.category_name
),

spreads as (
    select
        category_name,
        percentile_disc(0.5) within group (order by distance_ratio) as median_distance_ratio
    from ratios
    group by category_name
),

-- no score where half of the amounts are the same: everything else would be an outlier
units as (
    select
        category_name,
        nullif(1.4826 * {{ logarithm('median_distance_ratio') }}, 0) as score_unit
    from spreads
),

scores as (
    select
        ratios.*,
        units.score_unit,
        round({{ logarithm('ratios.ratio') }} / units.score_unit, 3) as score
    from ratios
    inner join units
        on ratios.category_name = units.category_name
),

stepped as (
    select
        *,
        round(floor(score * 2) / 2, 1) as score_from,
        coalesce(score >= {{ outlier_score }} or score < -{{ outlier_score }}, false) as is_outlier,
        row_number() over (
            partition by category_name, floor(score * 2) order by amount desc, transaction_id asc
        ) as place
    from scores
),

final as (
    select
        {{ surrogate_key(['category_name', 'score_from']) }} as amount_step_key,
        category_name,
        min(category_group) as category_group,
        score_from,
        is_outlier,
        count(*) as purchase_count,
        count(*) filter (where is_fraud) as fraud_count,
        sum(amount) as total_amount,
        min(amount) as min_amount,
        max(amount) as max_amount,
        max(case when place = 1 then transaction_id end) as largest_transaction_id,
        min(category_count) as category_purchase_count,
        min(median_amount) as median_amount,
        round(min(median_amount) * cast(exp({{ as_float('-' ~ outlier_score ~ ' * min(score_unit)') }}) as numeric), 2)
            as lower_bound_amount,
        round(min(median_amount) * cast(exp({{ as_float(outlier_score ~ ' * min(score_unit)') }}) as numeric), 2)
            as upper_bound_amount
    from stepped
    group by category_name, score_from, is_outlier
)

select * from final
