-- grain: one row per customer of customer_profiles
-- k-means (Lloyd's algorithm) in whole numbers: the same rows give the same clusters, in any order, however
-- often. Features, number of clusters and starting points: docs/decisions/0017-customer-clusters.md.
{%- set iterations = 20 %}
{%- set features = ['spending', 'balance', 'debt'] %}
{#- Where the centres start: number, spending, balance, debt in thousandths of a standard deviation. -#}
{%- set starting_centres = [
    (1, -450, -700, -950),
    (2, -75, -700, 350),
    (3, -50, 1000, -150),
    (4, -150, 200, 1850),
    (5, 2650, 1700, 450)
] %}

with profiles as (
    select * from {{ ref('customer_profiles') }}
),

logs as (
    select
        customer_id,
        {{ logarithm('1 + greatest(monthly_spending_amount, 0)') }} as spending,
        {{ logarithm('1 + average_asset_amount') }} as balance,
        {{ logarithm('1 + average_debt_amount') }} as debt
    from profiles
),

moments as (
    select
        {%- for feature in features %}
        avg({{ feature }}) as {{ feature }}_mean,
        stddev_pop({{ feature }}) as {{ feature }}_deviation,
        {%- endfor %}
        count(*) as customer_count
    from logs
),

deviations as (
    select
        {%- for feature in features %}
        (logs.{{ feature }} - moments.{{ feature }}_mean) / nullif(moments.{{ feature }}_deviation, 0) as {{ feature }},
        {%- endfor %}
        logs.customer_id
    from logs
    cross join moments
),

-- Thousandths of a standard deviation; beyond three, distance says nothing more about a person.
features as (
    select
        {%- for feature in features %}
        cast(round(1000 * greatest(-3, least(3, coalesce({{ feature }}, 0)))) as integer) as {{ feature }},
        {%- endfor %}
        customer_id
    from deviations
),

centres_0 as (
    {%- for number, spending, balance, debt in starting_centres %}
    select
        {{ number }} as cluster_number,
        {{ spending }} as spending,
        {{ balance }} as balance,
        {{ debt }} as debt
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

-- Squared distance and number of the nearest centre in one number (distance * 8 + number), so that one
-- minimum finds both and the lower number wins a tie.
{%- for iteration in range(1, iterations + 1) %}
nearest_{{ iteration }} as (
    select
        features.customer_id,
        {%- for feature in features %}
        features.{{ feature }},
        {%- endfor %}
        min((
            {%- for feature in features %}
            (features.{{ feature }} - centres.{{ feature }}) * (features.{{ feature }} - centres.{{ feature }})
            {{- ' +' if not loop.last }}
            {%- endfor %}
        ) * 8 + centres.cluster_number) as nearest
    from features
    cross join centres_{{ iteration - 1 }} as centres
    group by features.customer_id, features.{{ features | join(', features.') }}
),

centres_{{ iteration }} as (
    select
        mod(nearest, 8) as cluster_number,
        {%- for feature in features %}
        cast(round(avg({{ feature }})) as integer) as {{ feature }},
        {%- endfor %}
        count(*) as customer_count
    from nearest_{{ iteration }}
    group by mod(nearest, 8)
),
{%- endfor %}

titled as (
    select
        *,
        cast(cluster_number as {{ dbt.type_string() }})
        || case when spending >= 1000 then ' Heavy' when spending <= -1000 then ' Little' else ' Usual' end
        || ' spending, '
        || case when balance >= 500 then 'high' when balance <= -500 then 'low' else 'medium' end
        || ' balances, '
        || case when debt >= 1000 then 'high' when debt <= -500 then 'no' else 'some' end
        || ' debt' as cluster_name
    from centres_{{ iterations }}
),

final as (
    select
        profiles.customer_id,
        profiles.customer_key,
        titled.cluster_number,
        titled.cluster_name,
        profiles.monthly_spending_amount,
        profiles.average_asset_amount,
        profiles.average_debt_amount,
        round(assigned.spending / 1000.0, 3) as spending_score,
        round(assigned.balance / 1000.0, 3) as balance_score,
        round(assigned.debt / 1000.0, 3) as debt_score,
        round(titled.spending / 1000.0, 3) as centre_spending_score,
        round(titled.balance / 1000.0, 3) as centre_balance_score,
        round(titled.debt / 1000.0, 3) as centre_debt_score,
        round(cast(sqrt({{ as_float('(assigned.nearest - titled.cluster_number) / 8') }}) / 1000 as numeric), 3)
            as centre_distance
    from profiles
    inner join nearest_{{ iterations }} as assigned
        on profiles.customer_id = assigned.customer_id
    inner join titled
        on mod(assigned.nearest, 8) = titled.cluster_number
)

select * from final
