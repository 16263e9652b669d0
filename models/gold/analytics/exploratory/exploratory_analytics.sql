-- grain: one row per section, subject, related subject and metric
{%- set cluster_features = [
    ('spending', 'monthly_spending_amount'), ('balance', 'average_asset_amount'), ('debt', 'average_debt_amount')
] %}
{#- section, subject, related subject, metric, value, its bounds, n, relation, condition -#}
{%- set findings = [
    ("'spending_pattern'", 'category_name', 'category_group', 'spending_usd', 'spending_amount', 'null', 'null',
        'transaction_count', 'categories', 'spending_amount is not null'),
    ("'spending_pattern'", 'category_name', 'category_group', 'yoy_percent_change',
        percent_change('spending_amount', 'previous_amount'), 'null', 'null',
        'transaction_count', 'categories', 'spending_amount is not null and previous_amount is not null'),
    ("'cluster'", 'cluster_name', "'customers'", 'share_percent', 'customer_percent', 'null', 'null',
        'customer_count', 'clusters', 'true'),
    ("'correlation'", 'feature', 'other_feature', 'spearman', 'spearman', 'spearman_low', 'spearman_high',
        'customer_count', 'correlations', 'true'),
    ('section', 'place', 'state', 'median_monthly_spending_usd', 'median_amount', 'low_amount', 'high_amount',
        'customer_count', 'medians', 'true'),
    ("'outliers'", 'category_name', 'category_group', 'outlier_percent',
        percent_of('outlier_count', 'purchase_count'),
        wilson_bound('outlier_count', 'purchase_count', 'lower'),
        wilson_bound('outlier_count', 'purchase_count', 'upper'),
        'purchase_count', 'amounts', 'true'),
    ("'outliers'", 'category_name', 'category_group', 'median_usd', 'median_amount',
        'lower_bound_amount', 'upper_bound_amount', 'purchase_count', 'amounts', 'true'),
    ("'outliers'", 'category_name', 'category_group', 'fraud_percent_of_outliers',
        percent_of('outlier_fraud_count', 'outlier_count'),
        wilson_bound('outlier_fraud_count', 'outlier_count', 'lower'),
        wilson_bound('outlier_fraud_count', 'outlier_count', 'upper'),
        'outlier_count', 'amounts', 'outlier_count > 0'),
    ("'outlier_example'", 'category_name', 'cast(largest_transaction_id as ' ~ dbt.type_string() ~ ')', 'amount_usd',
        'max_amount', 'null', 'null', 'purchase_count', 'steps', 'is_outlier'),
] %}
{%- for feature, _ in cluster_features %}
{%- do findings.append(("'cluster'", 'cluster_name', "'" ~ feature ~ "'", 'median_usd', feature ~ '_median',
    'null', 'null', 'customer_count', 'clusters', 'true')) %}
{%- do findings.append(("'cluster'", 'cluster_name', "'" ~ feature ~ "'", 'centre_score', feature ~ '_score',
    'null', 'null', 'customer_count', 'clusters', 'true')) %}
{%- endfor %}

with as_of as (
    select cast({{ dbt.date_trunc('month', dbt.dateadd('day', 1, 'as_of_date')) }} as date) as month_after
    from {{ ref('as_of_date') }}
),

bounds as (
    select
        month_after,
        cast({{ dbt.dateadd('month', -12, 'month_after') }} as date) as first_day,
        cast({{ dbt.dateadd('month', -24, 'month_after') }} as date) as year_before,
        cast({{ dbt.dateadd('day', -1, 'month_after') }} as date) as last_day
    from as_of
),

categories as (
    select
        trends.category_name,
        trends.category_group,
        sum(trends.total_spending) filter (where trends.month_start_date >= bounds.first_day) as spending_amount,
        sum(trends.total_spending) filter (where trends.month_start_date < bounds.first_day) as previous_amount,
        sum(trends.transaction_count) filter (where trends.month_start_date >= bounds.first_day) as transaction_count
    from {{ ref('dst_category_trends') }} as trends
    inner join bounds
        on trends.month_start_date >= bounds.year_before and trends.month_start_date < bounds.month_after
    group by trends.category_name, trends.category_group
),

clusters as (
    select
        cluster_name,
        {%- for feature, column in cluster_features %}
        percentile_disc(0.5) within group (order by {{ column }}) as {{ feature }}_median,
        min(centre_{{ feature }}_score) as {{ feature }}_score,
        {%- endfor %}
        count(*) as customer_count,
        {{ percent_of('count(*)', 'sum(count(*)) over ()') }} as customer_percent
    from {{ ref('customer_clusters') }}
    group by cluster_name
),

profiles as (
    select * from {{ ref('customer_profiles') }}
),

places as (
    select
        'geography_state' as section,
        state as place,
        state,
        monthly_spending_amount
    from profiles
    union all
    select
        'geography_city' as section,
        city || ', ' || state as place,
        state,
        monthly_spending_amount
    from profiles
),

ranked as (
    select
        *,
        row_number() over (partition by section, place, state order by monthly_spending_amount) as amount_rank,
        count(*) over (partition by section, place, state) as customer_count
    from places
),

-- Medians, as a few customers spend so much that they make any mean. The true one lies between two of the customers,
-- whatever the distribution, as the number below it is binomial. Counted for 1 to 30,000 customers, this rank (by the
-- normal approximation) covers it in 95 % of cases or more; below 6 customers no interval does.
bounded as (
    select
        *,
        cast(floor((customer_count + 1 - 1.959964 * sqrt(cast(customer_count as numeric))) / 2) as bigint)
            as low_rank
    from ranked
),

medians as (
    select
        section,
        place,
        state,
        customer_count,
        min(case when amount_rank = floor((customer_count + 1) / 2.0) then monthly_spending_amount end)
            as median_amount,
        min(case when amount_rank = low_rank then monthly_spending_amount end) as low_amount,
        min(case when amount_rank = customer_count + 1 - low_rank and low_rank > 0 then monthly_spending_amount end)
            as high_amount
    from bounded
    group by section, place, state, customer_count
),

correlations as (
    select * from {{ ref('feature_correlations') }}
),

steps as (
    select * from {{ ref('amount_distribution') }}
),

amounts as (
    select
        category_name,
        category_group,
        min(median_amount) as median_amount,
        min(lower_bound_amount) as lower_bound_amount,
        min(upper_bound_amount) as upper_bound_amount,
        sum(purchase_count) as purchase_count,
        sum(case when is_outlier then purchase_count else 0 end) as outlier_count,
        sum(case when is_outlier then fraud_count else 0 end) as outlier_fraud_count
    from steps
    group by category_name, category_group
),

findings as (
    {%- for section, subject, related, metric, value, low, high, n, relation, condition in findings %}
    {{ 'union all' if not loop.first }}
    select
        {{ section }} as section,
        {{ subject }} as subject,
        {{ related }} as related_subject,
        '{{ metric }}' as metric,
        cast({{ value }} as numeric) as value,
        cast({{ low }} as numeric) as value_low,
        cast({{ high }} as numeric) as value_high,
        cast({{ n }} as bigint) as sample_count,
        cast({{ 'p_value' if metric == 'spearman' else 'null' }} as numeric) as p_value,
        cast({{ 'adjusted_p_value' if metric == 'spearman' else 'null' }} as numeric) as adjusted_p_value
    from {{ relation }}
    where {{ condition }}
    {%- endfor %}
),

final as (
    select
        {{ surrogate_key(['findings.section', 'findings.subject', 'findings.related_subject', 'findings.metric']) }}
            as exploratory_key,
        findings.section,
        findings.subject,
        findings.related_subject,
        findings.metric,
        findings.value,
        findings.value_low,
        findings.value_high,
        findings.sample_count,
        findings.p_value,
        findings.adjusted_p_value,
        bounds.first_day as period_start_date,
        bounds.last_day as period_end_date
    from findings
    cross join bounds
)

select * from final
