-- grain: one row per effect, subject (a campaign, all of them, or a product) and estimator
-- Adjusted: the treated against the held out, or holders against others, within strata of what was known
-- before (Mantel-Haenszel). Naive: against everybody else, in one stratum. Errors are clustered by customer.

with outcomes as (
    select
        campaign_id,
        customer_id,
        campaign_group,
        after_count,
        purchase_after_count,
        log_amount_after,
        spending_after_amount,
        revenue_after_amount,
        -- like with like: campaign and earlier purchases, campaign and segment
        10 * campaign_id + case
            when quarter_before_count = 0 then 0
            when quarter_before_count <= 2 then 1
            when quarter_before_count <= 5 then 2
            when quarter_before_count <= 10 then 3
            when quarter_before_count <= 20 then 4
            else 5
        end as activity_stratum,
        dense_rank() over (order by campaign_id, customer_segment) as segment_stratum
    from {{ ref('campaign_outcomes') }}
),

holders as (
    select
        *,
        dense_rank() over (order by customer_segment, income_bracket, tenure_band) as stratum
    from {{ ref('product_value') }}
),

estimators as (
    select
        true as is_adjusted,
        'control' as compared_group
    union all
    select
        false as is_adjusted,
        'not contacted' as compared_group
),

campaigns as (
    select distinct
        campaign_id,
        cast(campaign_id as {{ dbt.type_string() }}) as subject,
        true as is_one
    from outcomes
    union all
    select distinct
        campaign_id,
        'all' as subject,
        false as is_one
    from outcomes
),

effects as (
    select
        'purchases' as effect,
        true as is_ratio,
        true as is_by_campaign
    union all
    select
        'purchase amount' as effect,
        false as is_ratio,
        false as is_by_campaign
    union all
    select
        'spending' as effect,
        true as is_ratio,
        false as is_by_campaign
    union all
    select
        'revenue' as effect,
        false as is_ratio,
        true as is_by_campaign
),

labels as (
    select distinct
        effects.effect,
        campaigns.subject,
        effects.is_ratio
    from effects
    inner join campaigns
        on effects.is_by_campaign or not campaigns.is_one
    union all
    select distinct
        'product value' as effect,
        product_kind as subject,
        false as is_ratio
    from holders
),

designs as (
    select
        labels.*,
        estimators.is_adjusted,
        estimators.compared_group,
        row_number() over (order by labels.effect, labels.subject, estimators.is_adjusted) as design_id
    from labels
    cross join estimators
),

units as (
    select
        designs.design_id,
        outcomes.customer_id,
        outcomes.campaign_group = 'treated' as is_treated,
        1000 * case
            when not designs.is_adjusted then 0
            when designs.effect = 'purchase amount' then outcomes.segment_stratum
            else outcomes.activity_stratum
        end + designs.design_id as stratum_id,
        {{ as_float("case when designs.effect = 'purchase amount' then outcomes.purchase_after_count else 1 end") }}
            as n,
        cast(
            case designs.effect
                when 'purchases' then outcomes.after_count
                when 'purchase amount' then outcomes.log_amount_after
                when 'spending' then outcomes.spending_after_amount
                else outcomes.revenue_after_amount
            end
            as {{ dbt.type_float() }}
        ) as y
    from outcomes
    inner join campaigns
        on outcomes.campaign_id = campaigns.campaign_id
    inner join designs
        on campaigns.subject = designs.subject
    where
        outcomes.campaign_group in ('treated', designs.compared_group)
        and (designs.effect <> 'purchase amount' or outcomes.purchase_after_count > 0)
    union all
    select
        designs.design_id,
        holders.customer_id,
        case when designs.is_adjusted then holders.is_held_before else holders.is_held_now end as is_treated,
        1000 * case when designs.is_adjusted then holders.stratum else 0 end + designs.design_id as stratum_id,
        {{ as_float('1') }} as n,
        {{ as_float('holders.revenue_amount') }} as y
    from holders
    inner join designs
        on holders.product_kind = designs.subject
    where holders.is_compared or not designs.is_adjusted
),

strata as (
    select
        units.design_id,
        units.stratum_id,
        sum(units.n) as n,
        coalesce(sum(units.n) filter (where units.is_treated), 0) as n1,
        coalesce(sum(units.n) filter (where not units.is_treated), 0) as n0,
        coalesce(sum(units.y) filter (where units.is_treated), 0) as y1,
        coalesce(sum(units.y) filter (where not units.is_treated), 0) as y0
    from units
    group by units.design_id, units.stratum_id
),

estimates as (
    select
        designs.design_id,
        designs.is_ratio,
        sum(strata.n1) as treated_count,
        sum(strata.n0) as compared_count,
        sum(strata.y1 * strata.n0 / strata.n) as treated_sum,
        sum(strata.n1 * strata.n0 / strata.n) as weight,
        sum(strata.y1 * strata.n0 / strata.n) / nullif(sum(strata.y0 * strata.n1 / strata.n), 0) as ratio,
        sum((strata.y1 * strata.n0 - strata.y0 * strata.n1) / strata.n)
        / nullif(sum(strata.n1 * strata.n0 / strata.n), 0) as difference
    from strata
    inner join designs
        on strata.design_id = designs.design_id
    group by designs.design_id, designs.is_ratio
),

-- what a treated (1) and another (0) would do if the estimate held in every stratum
means as (
    select
        strata.stratum_id,
        strata.n,
        strata.n0 / strata.n as share_0,
        strata.n1 / strata.n * case when estimates.is_ratio then estimates.ratio else 1 end as share_1,
        case
            when estimates.is_ratio
                then (strata.y1 + strata.y0) / nullif(estimates.ratio * strata.n1 + strata.n0, 0)
            else (strata.y1 + strata.y0 - estimates.difference * strata.n1) / strata.n
        end as mean_0,
        case when estimates.is_ratio then estimates.ratio else 1 end as factor,
        case when estimates.is_ratio then 0 else estimates.difference end as shift
    from strata
    inner join estimates
        on strata.design_id = estimates.design_id
),

fits as (
    select
        *,
        mean_0 * factor + shift as mean_1
    from means
),

-- A unit pulls the mean of its stratum towards itself, so its residual is too small and made larger
-- (Bell and McCaffrey, 2002). Counts vary about as much as they are large.
residuals as (
    select
        units.design_id,
        units.customer_id,
        units.is_treated,
        units.n * fits.mean_0 as expected,
        case
            when units.is_treated then (units.y - units.n * fits.mean_1) * fits.share_0
            else (units.n * fits.mean_0 - units.y) * fits.share_1
        end / sqrt(nullif(1 - units.n / fits.n, 0)) as influence
    from units
    inner join fits
        on units.stratum_id = fits.stratum_id
),

groups as (
    select
        design_id,
        is_treated,
        sum(influence * influence) as squares,
        -- so many equal units would tell as much, less one for their mean
        sum(expected) * sum(expected) / nullif(sum(expected * expected), 0) - 1 as df
    from residuals
    group by design_id, is_treated
),

freedoms as (
    select
        design_id,
        sum(squares) * sum(squares) / nullif(sum(squares * squares / nullif(df, 0)), 0) as df
    from groups
    group by design_id
),

clusters as (
    select
        design_id,
        sum(influence) as influence
    from residuals
    group by design_id, customer_id
),

spreads as (
    select
        design_id,
        sqrt(sum(influence * influence)) as spread
    from clusters
    group by design_id
),

results as (
    select
        designs.effect,
        designs.subject,
        designs.is_adjusted,
        designs.is_ratio or designs.effect = 'purchase amount' as is_log,
        case when designs.is_ratio then ln(nullif(estimates.ratio, 0)) else estimates.difference end as estimate,
        spreads.spread / nullif(case when designs.is_ratio then estimates.treated_sum else estimates.weight end, 0)
            as standard_error,
        -- one unit alone tells nothing of a spread: what is left then is the noise of floating-point numbers
        case when freedoms.df < 0.000001 then 0.000001 else freedoms.df end as df,
        estimates.treated_count,
        estimates.compared_count
    from designs
    inner join estimates
        on designs.design_id = estimates.design_id
    inner join spreads
        on designs.design_id = spreads.design_id
    inner join freedoms
        on designs.design_id = freedoms.design_id
)

select
    concat(effect, '|', subject, '|', case when is_adjusted then 'adjusted' else 'naive' end) as estimate_key,
    effect,
    subject,
    is_adjusted,
    is_log,
    {{ significant('estimate') }} as estimate,
    {{ significant('standard_error') }} as standard_error,
    {{ significant('df') }} as df,
    cast(treated_count as bigint) as treated_count,
    cast(compared_count as bigint) as compared_count
from results
