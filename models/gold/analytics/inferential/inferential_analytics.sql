-- grain: one row per test: a group against the reference group, or all groups of a question at once

with covariances as (
    select * from {{ ref('group_covariances') }}
),

questions as (
    select * from {{ ref('inferential_questions') }}
),

groups as (
    select
        covariances.*,
        concat(covariances.question, '|', covariances.group_name) as question_group,
        questions.scale,
        covariances.effective_customers - 1 as df,
        -- the slope of the logarithm, where means are compared as a ratio
        case when questions.scale in ('share', 'ratio') then 1 / nullif(covariances.mean, 0) else 1 end as slope
    from covariances
    inner join questions
        on covariances.question = questions.question
    where covariances.group_name = covariances.other_group_name
),

-- fewer customers say nothing about how much customers differ
testable as (
    select * from groups
    where effective_customers >= 5 and covariance > 0
),

---------- a group against the reference
pairs as (
    select
        groups.question,
        groups.group_name,
        reference.group_name as reference_name,
        groups.scale,
        groups.observations as n_group,
        reference.observations as n_reference,
        groups.customer_count as customers_group,
        reference.customer_count as customers_reference,
        least(groups.effective_customers, reference.effective_customers) as smallest_group,
        case
            when groups.scale = 'share'
                then
                    (groups.total + reference.total) / (groups.observations + reference.observations)
                    * least(groups.observations, reference.observations)
        end as fewest_expected,
        case
            when groups.scale in ('share', 'ratio')
                then ln({{ as_float('nullif(groups.mean, 0)') }}) - ln({{ as_float('nullif(reference.mean, 0)') }})
            else {{ as_float('groups.mean - reference.mean') }}
        end as difference,
        groups.slope * groups.slope * groups.covariance as group_variance,
        reference.slope * reference.slope * reference.covariance as reference_variance,
        groups.slope * reference.slope * between_them.covariance as shared_variance,
        groups.df as group_df,
        reference.df as reference_df,
        case
            when groups.scale = 'share'
                then
                    2 * asin(sqrt({{ as_float('groups.mean') }})) - 2 * asin(sqrt({{ as_float('reference.mean') }}))
            -- with the correction for small groups (Hedges, 1981)
            else
                {{ as_float('groups.mean - reference.mean') }} / sqrt(cast(
                    nullif(
                        (groups.observations * groups.spread + reference.observations * reference.spread)
                        / nullif(groups.observations + reference.observations - 2, 0),
                        0
                    ) as {{ dbt.type_float() }}
                )) * (1 - 3 / {{ as_float('4 * (groups.observations + reference.observations) - 9') }})
        end as effect_size,
        testable.question_group is not null and testable_reference.question_group is not null as is_testable
    from groups
    inner join questions
        on groups.question = questions.question
    inner join groups as reference
        on questions.question = reference.question and questions.reference_group = reference.group_name
    left join covariances as between_them
        on
            concat(groups.question, '|', groups.group_name, '|', reference.group_name)
            = between_them.question_groups
    left join testable
        on groups.question_group = testable.question_group
    left join testable as testable_reference
        on reference.question_group = testable_reference.question_group
    where groups.group_name <> reference.group_name
),

pair_tests as (
    select
        *,
        sqrt({{ as_float('group_variance + reference_variance - 2 * shared_variance') }}) as standard_error,
        cast(
            power(group_variance + reference_variance, 2)
            / (
                group_variance * group_variance / group_df
                + reference_variance * reference_variance / reference_df
            )
            as {{ dbt.type_float() }}
        ) as df
    from pairs
    where is_testable
),

pair_results as (
    select
        *,
        difference / standard_error as statistic,
        {{ function('student_t_p_value') }}(difference / standard_error, df) as p_value,
        {{ function('student_t_quantile') }}(0.975, df) * standard_error as half_width,
        {{ evaluate_once() }} as is_computed
    from pair_tests
),

---------- all groups at once
overall as (
    select
        question,
        count(*) as group_count,
        sum(observations) as observations,
        sum(customer_count) as customer_count,
        min(effective_customers) as smallest_group,
        round(sum(total) / sum(observations) * min(observations), 2) as fewest_expected,
        round(sum(observations * mean) / sum(observations), 12) as mean,
        sum(observations * spread) as spread_within
    from testable
    group by question
    having count(*) > 2
),

-- of how each mean and the overall mean move together
overall_covariances as (
    select
        covariances.question,
        covariances.other_group_name as group_name,
        sum(covariances.observations * covariances.covariance) / min(overall.observations) as covariance
    from covariances
    inner join overall
        on covariances.question = overall.question
    inner join testable as one
        on concat(covariances.question, '|', covariances.group_name) = one.question_group
    inner join testable as other
        on concat(covariances.question, '|', covariances.other_group_name) = other.question_group
    group by covariances.question, covariances.other_group_name
),

-- What the squares between groups would be by chance alone: the trace of this matrix. Its square gives the
-- degrees of freedom (Rao and Scott, 1984; for independent groups this is the test of Brown and Forsythe, 1974).
chances as (
    select
        covariances.question,
        covariances.group_name,
        covariances.other_group_name,
        concat(covariances.question, '|', covariances.other_group_name, '|', covariances.group_name) as mirrored,
        covariances.question_groups,
        covariances.observations * (covariances.covariance - overall_covariances.covariance) as chance
    from covariances
    inner join overall_covariances
        on
            concat(covariances.question, '|', covariances.other_group_name)
            = concat(overall_covariances.question, '|', overall_covariances.group_name)
    inner join testable
        on concat(covariances.question, '|', covariances.group_name) = testable.question_group
),

traces as (
    select
        one.question,
        sum(case when one.group_name = one.other_group_name then one.chance else 0 end) as trace,
        sum(one.chance * other.chance) as trace_of_square,
        sum(case when one.group_name = one.other_group_name then one.chance * one.chance / testable.df else 0 end)
            as squares_by_df
    from chances as one
    inner join chances as other
        on one.question_groups = other.mirrored
    inner join testable
        on concat(one.question, '|', one.group_name) = testable.question_group
    group by one.question
),

between_groups as (
    select
        testable.question,
        sum(testable.observations * power(testable.mean - overall.mean, 2)) as squares
    from testable
    inner join overall
        on testable.question = overall.question
    group by testable.question
),

overall_tests as (
    select
        overall.*,
        questions.scale,
        {{ as_float('between_groups.squares / traces.trace') }} as statistic,
        {{ as_float('traces.trace * traces.trace / traces.trace_of_square') }} as df,
        {{ as_float('traces.trace * traces.trace / traces.squares_by_df') }} as df_denominator,
        sqrt({{ as_float('between_groups.squares / nullif(between_groups.squares + overall.spread_within, 0)') }})
            as association
    from overall
    inner join questions
        on overall.question = questions.question
    inner join between_groups
        on overall.question = between_groups.question
    inner join traces
        on overall.question = traces.question
),

---------- both
tests as (
    select
        question,
        group_name,
        reference_name,
        concat(group_name, ' against ', reference_name) as comparison,
        case scale
            when 'share' then 'Log ratio of shares, errors clustered by customer, t'
            when 'ratio' then 'Log ratio of means, errors clustered by customer, t'
            when 'logs' then 'Welch t-test of logarithms, errors clustered by customer'
            else 'Welch t-test, errors clustered by customer'
        end as method,
        't' as statistic_name,
        statistic,
        df,
        cast(null as {{ dbt.type_float() }}) as df_denominator,
        p_value,
        case when scale = 'share' then 'Cohen h' else 'Hedges g' end as effect_size_name,
        effect_size,
        case scale
            when 'score' then 'difference of means'
            when 'share' then 'ratio of shares'
            when 'logs' then 'ratio of geometric means'
            else 'ratio of means'
        end as estimate_name,
        case when scale = 'score' then difference else exp(difference) end as estimate,
        case when scale = 'score' then difference - half_width else exp(difference - half_width) end as ci_low,
        case when scale = 'score' then difference + half_width else exp(difference + half_width) end as ci_high,
        n_group,
        n_reference,
        customers_group,
        customers_reference,
        smallest_group,
        fewest_expected
    from pair_results
    union all
    select
        question,
        group_name,
        reference_name,
        concat(group_name, ' against ', reference_name) as comparison,
        'None: too few customers' as method,
        't' as statistic_name,
        null as statistic,
        null as df,
        null as df_denominator,
        null as p_value,
        case when scale = 'share' then 'Cohen h' else 'Hedges g' end as effect_size_name,
        null as effect_size,
        'none' as estimate_name,
        null as estimate,
        null as ci_low,
        null as ci_high,
        n_group,
        n_reference,
        customers_group,
        customers_reference,
        smallest_group,
        fewest_expected
    from pairs
    where not is_testable
    union all
    select
        question,
        'all' as group_name,
        'all' as reference_name,
        concat('All ', group_count, ' groups') as comparison,
        case scale
            when 'share' then 'Chi-squared test with the Rao-Scott correction for customers, as F'
            else 'Brown-Forsythe analysis of variance for clustered customers'
        end as method,
        'F' as statistic_name,
        statistic,
        df,
        df_denominator,
        {{ function('f_p_value') }}(statistic, df, df_denominator) as p_value,
        case when scale = 'share' then 'Cramer V' else 'eta' end as effect_size_name,
        association as effect_size,
        'none' as estimate_name,
        null as estimate,
        null as ci_low,
        null as ci_high,
        observations as n_group,
        null as n_reference,
        customer_count as customers_group,
        null as customers_reference,
        smallest_group,
        fewest_expected
    from overall_tests
),

-- Holm (1979): the smallest p-value counts as often as there are tests, the next one time less, …
ranked as (
    select
        *,
        row_number() over (order by p_value nulls last, question, comparison) as place,
        count(p_value) over () as test_count
    from tests
),

corrected as (
    select
        *,
        case
            when p_value is not null
                then max(least((test_count - place + 1) * p_value, 1)) over (order by place)
        end as p_value_adjusted
    from ranked
)

select
    concat(corrected.question, '|', corrected.comparison) as test_key,
    corrected.question,
    questions.question_text,
    questions.metric,
    questions.unit,
    corrected.comparison,
    corrected.group_name,
    corrected.reference_name,
    corrected.method,
    corrected.statistic_name,
    round(cast(corrected.statistic as numeric), 6) as statistic,
    round(cast(corrected.df as numeric), 2) as df,
    round(cast(corrected.df_denominator as numeric), 2) as df_denominator,
    corrected.p_value,
    corrected.p_value_adjusted,
    cast(corrected.test_count as bigint) as test_count,
    corrected.effect_size_name,
    round(cast(corrected.effect_size as numeric), 6) as effect_size,
    corrected.estimate_name,
    round(cast(corrected.estimate as numeric), 6) as estimate,
    round(cast(corrected.ci_low as numeric), 6) as ci_low,
    round(cast(corrected.ci_high as numeric), 6) as ci_high,
    corrected.n_group,
    corrected.n_reference,
    cast(corrected.customers_group as bigint) as customers_group,
    cast(corrected.customers_reference as bigint) as customers_reference,
    questions.assumptions,
    concat(
        'The smaller group counts like ', cast(round(corrected.smallest_group) as {{ dbt.type_string() }}),
        ' equal customers (asked for: 20)',
        case
            when questions.scale = 'share' and corrected.fewest_expected is not null
                then concat(
                        '; at least ', cast(round(corrected.fewest_expected) as {{ dbt.type_string() }}),
                        ' events are expected in it (asked for: 5)'
                    )
            else ''
        end,
        '.'
    ) as assumption_check,
    corrected.smallest_group >= 20 and (questions.scale <> 'share' or corrected.fewest_expected >= 5)
        as are_assumptions_met,
    coalesce(corrected.p_value_adjusted < 0.05, false) as is_significant,
    concat(case
        when corrected.p_value is null then concat('Too few customers to compare: ', corrected.comparison, '.')
        when corrected.p_value_adjusted >= 0.05
            then concat(questions.metric, ': no difference shown. ', corrected.comparison, '.')
        when corrected.estimate is null
            then concat(questions.metric, ': not the same in all groups. ', corrected.comparison, '.')
        when questions.scale = 'score'
            then concat(
                    questions.metric, ': ', corrected.group_name, ' is ',
                    cast(abs(round(cast(corrected.estimate as numeric), 2)) as {{ dbt.type_string() }}),
                    ' ', questions.unit, case when corrected.estimate > 0 then ' higher' else ' lower' end,
                    ' than ', corrected.reference_name, '.'
                )
        else concat(
                questions.metric, ': ', corrected.group_name, ' is ',
                cast(round(cast(corrected.estimate as numeric), 2) as {{ dbt.type_string() }}), ' times ',
                corrected.reference_name, '.'
            )
    end,
    case
        when
            corrected.p_value is not null
            and not (corrected.smallest_group >= 20 and (questions.scale <> 'share' or corrected.fewest_expected >= 5))
            then ' With care: the test asks for more customers or events.'
        else ''
    end) as conclusion
from corrected
inner join questions
    on corrected.question = questions.question
