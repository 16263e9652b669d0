"""What causes what? The queries of report 07."""

from __future__ import annotations

from analytics_viz.kpi import Kpi
from analytics_viz.queries import descriptive

_SHARED = {kpi.name: kpi for kpi in descriptive.KPIS}

# Effects are kept of the as-of date only, so they have nothing to compare with.
KPIS = (
    Kpi(
        "campaign_purchases",
        "Campaign uplift",
        "percent",
        None,
        "How much more often contacted customers buy in 30 days than those held out at random,"
        " within bands of earlier purchases, all campaigns together.",
        """
        select round(100 * (max(adjusted_estimate) - 1), 2)
        from gold.causal_analytics
        where
            effect_key = 'purchases|all'
            and %(end)s = (select max(as_of_date) from gold.data_as_of)
        """,
        is_stock=True,
    ),
    Kpi(
        "incremental_revenue",
        "Fees brought by campaigns",
        "price",
        None,
        "Fee revenue of 30 days that would not have come without the campaigns.",
        """
        select round(max(adjusted_estimate), 2)
        from gold.causal_analytics
        where
            effect_key = 'incremental revenue|all'
            and %(end)s = (select max(as_of_date) from gold.data_as_of)
        """,
        is_stock=True,
    ),
    Kpi(
        "campaign_return",
        "Return on campaign budget",
        "percent",
        None,
        "These fees less the budget, in percent of the budget: -100 % is nothing back.",
        """
        select round(max(adjusted_estimate), 2)
        from gold.causal_analytics
        where
            effect_key = 'return on budget|all'
            and %(end)s = (select max(as_of_date) from gold.data_as_of)
        """,
        is_stock=True,
    ),
    Kpi(
        "discretionary_share",
        "Discretionary purchases",
        "percent",
        None,
        "Share of purchases for shopping, entertainment, dining and travel, in the last month that"
        " is over.",
        """
        select discretionary_percent
        from gold.discretionary_months
        where month_start_date
            = cast(date_trunc('month', %(end)s + interval '1 day') - interval '1 month' as date)
        """,
        is_stock=True,
    ),
    _SHARED["revenue"],
)

EFFECTS = """
    select
        topic, effect, subject, measure, unit, no_effect,
        naive_estimate, naive_ci_low, naive_ci_high, naive_n, naive_method,
        adjusted_estimate, adjusted_ci_low, adjusted_ci_high, adjusted_p_value, adjusted_n,
        adjusted_method, n_unit, identification, why_they_differ
    from gold.causal_analytics
    where unit = 'ratio' and (topic <> 'campaigns' or subject = 'All campaigns')
    order by
        topic,
        case identification
            when 'randomised' then 1 when 'difference in differences' then 2 else 3
        end,
        adjusted_estimate desc nulls last,
        effect,
        subject
"""

# One row per effect (its sentence is the same for all subjects): where the estimates differ most.
# The check by healthcare is no effect of its own.
REASONS = """
    with ranked as (
        select
            *,
            row_number() over (
                partition by effect
                order by
                    abs(naive_estimate - adjusted_estimate)
                    / nullif(adjusted_ci_high - adjusted_ci_low, 0) desc nulls last,
                    subject
            ) as place
        from gold.causal_analytics
        where
            (topic <> 'campaigns' or subject = 'All campaigns')
            and subject <> 'Healthcare among other purchases'
    )

    select
        topic, effect, subject, measure, unit, naive_estimate, naive_ci_low, naive_ci_high,
        adjusted_estimate, adjusted_ci_low, adjusted_ci_high, identification, naive_method,
        adjusted_method, why_they_differ
    from ranked
    where place = 1
    order by topic, effect
"""

UPLIFT = """
    select
        effect_key, subject, naive_estimate, naive_ci_low, naive_ci_high, naive_n,
        adjusted_estimate, adjusted_ci_low, adjusted_ci_high, adjusted_p_value, adjusted_n
    from gold.causal_analytics
    where effect = 'purchases'
    order by
        case when subject = 'All campaigns' then 1 else 2 end,
        adjusted_estimate desc nulls last,
        subject
"""

ATTRIBUTION = """
    select
        revenue.subject,
        revenue.naive_estimate,
        revenue.naive_ci_low,
        revenue.naive_ci_high,
        revenue.adjusted_estimate,
        revenue.adjusted_ci_low,
        revenue.adjusted_ci_high,
        revenue.adjusted_p_value,
        revenue.adjusted_n,
        100 + returns.adjusted_estimate as recovered_percent,
        100 + returns.adjusted_ci_low as recovered_low,
        100 + returns.adjusted_ci_high as recovered_high
    from gold.causal_analytics as revenue
    left join gold.causal_analytics as returns
        on revenue.subject = returns.subject and returns.effect = 'return on budget'
    where revenue.effect = 'incremental revenue'
    order by
        case when revenue.subject = 'All campaigns' then 1 else 2 end,
        revenue.adjusted_estimate desc nulls last,
        revenue.subject
"""

ECONOMY = """
    select
        months.month_start_date,
        months.purchase_count,
        months.discretionary_percent,
        months.consumer_confidence_index,
        cast(months.month_start_date + interval '1 month' as date)
        <= cast(%(as_of)s as date) + 1 as is_complete,
        effects.adjusted_estimate,
        effects.adjusted_ci_low,
        effects.adjusted_ci_high,
        effects.adjusted_p_value,
        effects.naive_estimate
    from gold.discretionary_months as months
    left join gold.causal_analytics as effects
        on effects.effect = 'confidence' and effects.subject = 'Discretionary purchases'
    order by months.month_start_date
"""

PRODUCTS = """
    select
        subject, naive_estimate, naive_ci_low, naive_ci_high, naive_n,
        adjusted_estimate, adjusted_ci_low, adjusted_ci_high, adjusted_p_value, adjusted_n,
        why_they_differ
    from gold.causal_analytics
    where effect = 'product value'
    order by adjusted_estimate desc nulls last, subject
"""
