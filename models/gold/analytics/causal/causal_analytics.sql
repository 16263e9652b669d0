-- grain: one row per effect and subject (a campaign, a driver of churn, an outcome, a product)
-- What a comparison at first sight says, and what remains once it is made fair.

with stratified as (
    select * from {{ ref('stratified_effects') }}
),

campaigns as (
    select
        cast(outcomes.campaign_id as {{ dbt.type_string() }}) as subject,
        max(outcomes.campaign_name) as campaign_name,
        max(campaigns.budget) as budget
    from {{ ref('campaign_outcomes') }} as outcomes
    left join {{ ref('stg_marketing_campaigns') }} as campaigns
        on outcomes.campaign_id = campaigns.campaign_id
    group by outcomes.campaign_id
),

budgets as (
    select
        subject,
        budget
    from campaigns
    union all
    select
        'all' as subject,
        sum(budget) as budget
    from campaigns
),

-- `multiplier` and `shift` turn an estimate into what is reported
estimates as (
    select
        effect,
        subject,
        is_adjusted,
        is_log,
        estimate,
        standard_error,
        df,
        treated_count + compared_count as n,
        cast(1 as numeric) as multiplier,
        0 as shift
    from stratified
    union all
    select
        'incremental revenue' as effect,
        subject,
        is_adjusted,
        false as is_log,
        estimate,
        standard_error,
        df,
        treated_count + compared_count as n,
        treated_count as multiplier,
        0 as shift
    from stratified
    where effect = 'revenue'
    union all
    select
        'return on budget' as effect,
        stratified.subject,
        stratified.is_adjusted,
        false as is_log,
        stratified.estimate,
        stratified.standard_error,
        stratified.df,
        stratified.treated_count + stratified.compared_count as n,
        100 * stratified.treated_count / nullif(budgets.budget, 0) as multiplier,
        -100 as shift
    from stratified
    inner join budgets
        on stratified.subject = budgets.subject
    where stratified.effect = 'revenue'
    union all
    select
        case when is_log then 'purchases, before and after' else 'purchases per contact, before and after' end
            as effect,
        'all' as subject,
        is_adjusted,
        is_log,
        estimate,
        standard_error,
        df,
        treated_count + compared_count as n,
        1 as multiplier,
        0 as shift
    from {{ ref('campaign_differences') }}
    union all
    select
        'churn' as effect,
        driver as subject,
        is_adjusted,
        true as is_log,
        estimate,
        standard_error,
        cast(null as numeric) as df,
        leaver_count as n,
        1 as multiplier,
        0 as shift
    from {{ ref('churn_effects') }}
    union all
    select
        'confidence' as effect,
        outcome as subject,
        is_adjusted,
        true as is_log,
        estimate,
        standard_error,
        df,
        purchase_count as n,
        1 as multiplier,
        0 as shift
    from {{ ref('economy_effects') }}
),

-- a t distribution of fewer than two degrees of freedom has no variance: nothing can be said
judged as (
    select
        *,
        case
            when df is null then {{ function('normal_quantile') }}(0.975)
            when df >= 2 then {{ function('student_t_quantile') }}(0.975, {{ as_float('df') }})
        end as t,
        case
            when df is null
                then 2 * {{ function('normal_cdf') }}(-abs({{ as_float('estimate / nullif(standard_error, 0)') }}))
            when df >= 2
                then {{ function('student_t_p_value') }}(
                        {{ as_float('estimate / nullif(standard_error, 0)') }}, {{ as_float('df') }}
                    )
        end as p_value,
        {{ evaluate_once() }} as is_computed
    from estimates
),

reported as (
    select
        effect,
        subject,
        is_adjusted,
        n,
        p_value,
        {%- for name, bound in [('estimate', '0'), ('ci_low', '-1'), ('ci_high', '1')] %}
        round(cast(
            case
                when t is null then null
                when is_log
                    then exp({{ as_float('estimate') }} + {{ bound }} * t * {{ as_float('standard_error') }})
                else
                    multiplier * ({{ as_float('estimate') }} + {{ bound }} * t * {{ as_float('standard_error') }})
                    + shift
            end
            as numeric
        ), 6) as {{ name }}
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from judged
),

sides as (
    select
        effect,
        subject,
        {%- for side, condition in [('naive', 'not is_adjusted'), ('adjusted', 'is_adjusted')] %}
        {%- set outer_loop = loop %}
        {%- for name in ['estimate', 'ci_low', 'ci_high', 'p_value', 'n'] %}
        max(case when {{ condition }} then {{ name }} end) as {{ side }}_{{ name }}
        {%- if not (loop.last and outer_loop.last) %},{% endif %}
        {%- endfor %}
        {%- endfor %}
    from reported
    group by effect, subject
),

texts as (
    select * from {{ ref('causal_questions') }}
),

named as (
    select
        sides.*,
        texts.topic,
        texts.measure,
        texts.unit,
        texts.n_unit,
        texts.identification,
        texts.naive_method,
        texts.adjusted_method,
        texts.why_they_differ,
        concat(sides.effect, '|', sides.subject) as effect_key,
        concat(texts.topic, '|', sides.subject = 'all') as test_family,
        case
            when campaigns.subject is not null then concat(campaigns.campaign_name, ' (', sides.subject, ')')
            when sides.subject = 'all' then 'All campaigns'
            when sides.effect = 'churn' and sides.subject not in ('Bad service', 'Low balance', 'Year of tenure')
                then concat(sides.subject, ' against Mass Market')
            else sides.subject
        end as subject_name,
        case when texts.unit = 'ratio' then 1 else 0 end as no_effect,
        case when texts.unit = 'ratio' then ' times' else concat(' ', texts.unit) end as unit_text
    from sides
    inner join texts
        on sides.effect = texts.effect
    left join campaigns
        on texts.topic = 'campaigns' and sides.subject = campaigns.subject
),

-- Holm (1979) within a topic, single campaigns apart from all of them together. Money earned and returned are the
-- test of revenue in other units, and count once.
ranked as (
    select
        effect_key,
        test_family,
        adjusted_p_value,
        row_number() over (partition by test_family order by adjusted_p_value, effect_key) as place,
        count(*) over (partition by test_family) as test_count
    from named
    where
        adjusted_p_value is not null
        and effect not in ('incremental revenue', 'return on budget')
),

corrected as (
    select
        effect_key,
        test_count,
        max(least((test_count - place + 1) * adjusted_p_value, 1)) over (partition by test_family order by place)
            as p_value_holm
    from ranked
),

final as (
    select
        named.*,
        corrected.test_count,
        corrected.p_value_holm
    from named
    left join corrected
        on
            case
                when named.effect in ('incremental revenue', 'return on budget')
                    then concat('revenue|', named.subject)
                else named.effect_key
            end = corrected.effect_key
)

select
    effect_key,
    topic,
    effect,
    subject_name as subject,
    measure,
    unit,
    no_effect,
    naive_estimate,
    naive_ci_low,
    naive_ci_high,
    -- a p-value asks about no effect at all, not about covering a cost
    case when unit <> 'percent' then naive_p_value end as naive_p_value,
    cast(naive_n as bigint) as naive_n,
    naive_method,
    adjusted_estimate,
    adjusted_ci_low,
    adjusted_ci_high,
    case when unit <> 'percent' then adjusted_p_value end as adjusted_p_value,
    case when unit <> 'percent' then p_value_holm end as adjusted_p_value_holm,
    cast(case when unit <> 'percent' then test_count end as bigint) as test_count,
    cast(adjusted_n as bigint) as adjusted_n,
    adjusted_method,
    n_unit,
    identification,
    why_they_differ,
    case
        when adjusted_estimate is null then concat(measure, ', ', subject_name, ': too few observations to say.')
        else concat(
                measure,
                ', ',
                subject_name,
                ': ',
                cast(round(adjusted_estimate, 2) as {{ dbt.type_string() }}),
                unit_text,
                ' (95 % interval ', cast(round(adjusted_ci_low, 2) as {{ dbt.type_string() }}),
                ' to ', cast(round(adjusted_ci_high, 2) as {{ dbt.type_string() }}), '). ',
                case
                    when unit = 'percent' and adjusted_ci_low > no_effect then 'It pays for itself.'
                    when
                        unit = 'percent' and adjusted_ci_high < no_effect
                        then 'It does not pay for itself in that time.'
                    when unit = 'percent' then 'Whether it pays for itself is open.'
                    when adjusted_ci_low <= no_effect and adjusted_ci_high >= no_effect
                        then 'Not distinguishable from no effect.'
                    when p_value_holm >= 0.05
                        then concat(
                                'By itself this would count, but not as one of ',
                                cast(test_count as {{ dbt.type_string() }}),
                                ' tests: not distinguishable from chance.'
                            )
                    when identification = 'association' then 'They go together; which brings the other is not known.'
                    when identification = 'adjusted observation' and adjusted_estimate > no_effect
                        then 'Higher with all that is known held equal; what is not known may explain it still.'
                    when identification = 'adjusted observation'
                        then 'Lower with all that is known held equal; what is not known may explain it still.'
                    when adjusted_estimate > no_effect then 'It raises what is measured.'
                    else 'It lowers what is measured.'
                end
            )
    end as conclusion
from final
