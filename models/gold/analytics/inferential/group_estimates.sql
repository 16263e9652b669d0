-- grain: one row per question and group
-- With a 95 % interval: Wilson's for shares, on the logarithm for amounts and rates.

with groups as (
    select
        *,
        case when effective_customers > 1 then effective_customers - 1 end as df,
        {{ as_float('sqrt(' ~ as_float('covariance') ~ ')') }} as standard_error
    from {{ ref('group_covariances') }}
    where group_name = other_group_name
),

questions as (
    select * from {{ ref('inferential_questions') }}
),

scaled as (
    select
        questions.*,
        groups.group_name,
        groups.observations,
        groups.customer_count,
        groups.effective_customers,
        groups.df,
        case when questions.unit = 'percent' then 100 else 1 end as factor,
        {{ as_float('groups.mean') }} as mean,
        groups.standard_error,
        {{ function('student_t_quantile') }}(0.975, {{ as_float('groups.df') }}) as t,
        -- a share that did not vary: as many observations as customers
        cast(
            case
                when groups.covariance > 0
                    then least(groups.observations, groups.mean * (1 - groups.mean) / groups.covariance)
                else groups.customer_count
            end
            as {{ dbt.type_float() }}
        ) as effective_observations,
        {{ evaluate_once() }} as is_computed
    from groups
    inner join questions
        on groups.question = questions.question
),

bounds as (
    select
        *,
        case scale
            when 'share' then (mean + t * t / (2 * effective_observations)) / (1 + t * t / effective_observations)
            when 'ratio' then ln(nullif(mean, 0))
            else mean
        end as centre,
        case scale
            when 'share'
                then
                    t * sqrt(
                        mean * (1 - mean) / effective_observations
                        + t * t / (4 * effective_observations * effective_observations)
                    ) / (1 + t * t / effective_observations)
            when 'ratio' then t * standard_error / nullif(mean, 0)
            else t * standard_error
        end as half_width
    from scaled
)

select
    concat(question, '|', group_name) as question_group,
    question,
    question_text,
    metric,
    unit,
    group_name,
    group_name = reference_group as is_reference,
    customer_count,
    effective_customers,
    observations,
    round(cast(factor * case when scale = 'logs' then exp(mean) else mean end as numeric), 6) as estimate,
    round(cast(factor * case when scale = 'logs' then exp(mean) else 1 end * standard_error as numeric), 6)
        as standard_error,
    round(df, 2) as df,
    round(cast(
        factor * case when scale in ('ratio', 'logs') then exp(centre - half_width) else centre - half_width end
        as numeric
    ), 6) as ci_low,
    round(cast(
        factor * case when scale in ('ratio', 'logs') then exp(centre + half_width) else centre + half_width end
        as numeric
    ), 6) as ci_high,
    case scale
        when 'share' then 'Wilson interval with the design effect of customers'
        when 'ratio' then 'interval on the logarithm, errors clustered by customer'
        when 'logs' then 'mean of logarithms, errors clustered by customer'
        else 'mean, errors clustered by customer'
    end as method
from bounds
