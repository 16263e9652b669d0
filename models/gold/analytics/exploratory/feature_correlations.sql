-- grain: one row per pair of features of customers
-- Spearman's rank correlation, from whole numbers: twice the mean rank of ties is one.
{%- set features = [
    ('spending', 'monthly_spending_amount'),
    ('purchases', 'monthly_purchase_count'),
    ('average purchase', 'avg_purchase_amount'),
    ('discretionary share', 'discretionary_percent'),
    ('online share', 'online_percent'),
    ('balances', 'average_asset_amount'),
    ('debt', 'average_debt_amount'),
    ('income', 'annual_income'),
    ('credit score', 'credit_score'),
    ('age', 'age'),
    ('tenure', 'tenure_months')
] %}

with complete as (
    select * from {{ ref('customer_profiles') }}
    where
        purchase_count > 0
        {%- for _, column in features %}
        and {{ column }} is not null
        {%- endfor %}
),

ranks as (
    select
        {%- for _, column in features %}
        2 * rank() over (order by {{ column }}) + count(*) over (partition by {{ column }}) - 1
            as rank_{{ loop.index }},
        {%- endfor %}
        customer_id
    from complete
),

-- sums of the ranks and of the products of each two of them
sums as (
    select
        {%- for i in range(1, features | length + 1) %}
        sum(rank_{{ i }}) as sum_{{ i }},
        {%- for j in range(i, features | length + 1) %}
        sum(rank_{{ i }} * rank_{{ j }}) as sum_{{ i }}_{{ j }},
        {%- endfor %}
        {%- endfor %}
        count(*) as n
    from ranks
),

moments as (
    {%- for i in range(1, features | length) %}
    {%- for j in range(i + 1, features | length + 1) %}
    {{ 'union all' if i > 1 or j > 2 }}
    select
        '{{ features[i - 1][0] }}' as feature,
        '{{ features[j - 1][0] }}' as other_feature,
        n,
        n * sum_{{ i }}_{{ j }} - sum_{{ i }} * sum_{{ j }} as covariance,
        cast(n * sum_{{ i }}_{{ i }} - sum_{{ i }} * sum_{{ i }} as numeric) as variance,
        cast(n * sum_{{ j }}_{{ j }} - sum_{{ j }} * sum_{{ j }} as numeric) as other_variance
    from sums
    {%- endfor %}
    {%- endfor %}
),

correlations as (
    select
        feature,
        other_feature,
        n,
        round(cast(covariance / nullif(sqrt(variance) * sqrt(other_variance), 0) as numeric), 12) as spearman
    from moments
),

-- t with n - 2 degrees of freedom, and Fisher's z with the variance of Bonett and Wright (2000)
statistics as (
    select
        *,
        {{ as_float('spearman') }} * sqrt(({{ as_float('n - 2') }}) / nullif(1 - spearman * spearman, 0)) as t,
        {{ as_float('n - 2') }} as degrees_of_freedom,
        ln(nullif(1 + {{ as_float('spearman') }}, 0) / nullif(1 - spearman, 0)) / 2 as fisher_z,
        1.959964 * sqrt((1 + {{ as_float('spearman') }} * spearman / 2) / nullif(n - 3, 0)) as half_width
    from correlations
    where spearman is not null and n > 3
),

judged as (
    select
        *,
        case
            when abs(spearman) = 1 then 0 else {{ function('student_t_p_value') }}(t, degrees_of_freedom)
        end as p_value
    from statistics
),

ordered as (
    select
        *,
        row_number() over (order by p_value, feature, other_feature) as place,
        count(*) over () as pair_count
    from judged
),

-- Holm (1979): the chance of even one false finding among all pairs stays below the level
adjusted as (
    select
        *,
        least(1, max((pair_count - place + 1) * p_value) over (order by place)) as adjusted_p_value
    from ordered
),

bounds as (
    select
        *,
        exp(2 * (fisher_z - half_width)) as low_ratio,
        exp(2 * (fisher_z + half_width)) as high_ratio
    from adjusted
),

final as (
    select
        feature,
        other_feature,
        round(spearman, 6) as spearman,
        round(cast((low_ratio - 1) / (low_ratio + 1) as numeric), 6) as spearman_low,
        round(cast((high_ratio - 1) / (high_ratio + 1) as numeric), 6) as spearman_high,
        round(cast(p_value as numeric), 8) as p_value,
        round(cast(adjusted_p_value as numeric), 8) as adjusted_p_value,
        n as customer_count,
        pair_count as comparison_count
    from bounds
)

select * from final
