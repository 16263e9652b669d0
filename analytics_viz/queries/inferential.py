"""Can we generalize? The queries of report 04."""

from __future__ import annotations

from analytics_viz.kpi import Kpi
from analytics_viz.queries import predictive

_SHARED = {kpi.name: kpi for kpi in predictive.KPIS}

# Tests are kept of the as-of date only, so what they say has nothing to compare with.
KPIS = (
    Kpi(
        "differences_shown",
        "Differences shown",
        "count",
        None,
        "Tests that are significant at 5 % after Holm's correction and whose assumptions are met.",
        """
        select sum(case when is_significant and are_assumptions_met then 1 else 0 end)
        from gold.inferential_analytics
        where %(end)s = (select max(as_of_date) from gold.data_as_of)
        """,
        is_stock=True,
    ),
    Kpi(
        "tests_made",
        "Tests made",
        "count",
        None,
        "Comparisons with enough customers for a test; the correction counts every one of them.",
        """
        select max(test_count)
        from gold.inferential_analytics
        where %(end)s = (select max(as_of_date) from gold.data_as_of)
        """,
        is_stock=True,
    ),
    Kpi(
        "uncorrected_differences",
        "Without the correction",
        "count",
        None,
        "Tests that a reader without a correction would call significant (p below 5 %); among many"
        " tests some of these are chance.",
        """
        select sum(case when p_value < 0.05 and are_assumptions_met then 1 else 0 end)
        from gold.inferential_analytics
        where %(end)s = (select max(as_of_date) from gold.data_as_of)
        """,
        is_stock=True,
    ),
    Kpi(
        "retention_12_months",
        "Still here after a year",
        "percent",
        "up",
        "Customers who had not left 12 months after signing up, of the quarters of sign-up that"
        " have lived through these months.",
        """
        select round(100.0 * sum(retained_count) / nullif(sum(cohort_size), 0), 2)
        from gold.cohort_retention
        where
            months_since_signup = 12 and is_observed
            and %(end)s = (select max(as_of_date) from gold.data_as_of)
        """,
        is_stock=True,
    ),
    _SHARED["departures"],
)

# Each campaign by itself is left to the chart of campaigns.
TESTS = """
    select
        question, metric, unit, group_name, reference_name, estimate_name, estimate, ci_low,
        ci_high, p_value, p_value_adjusted, test_count, effect_size_name, effect_size, n_group,
        n_reference, customers_group, customers_reference, method, assumptions, assumption_check,
        are_assumptions_met, is_significant
    from gold.inferential_analytics
    where question not like 'purchases\\_after\\_campaign\\_%%'
    order by question, estimate desc nulls last, group_name
"""

GROUPS = """
    select
        question, group_name, customer_count, effective_customers, observations,
        estimate, ci_low, ci_high, method
    from gold.group_estimates
    where question in (
        'purchase_amount_by_segment', 'fraud_share_by_channel', 'decline_share_by_channel',
        'late_payment_by_credit_band'
    )
    order by question, estimate desc
"""

COHORTS = """
    select
        cohort_start_date, months_since_signup, cohort_size, retained_count,
        retained_percent, retained_ci_low, retained_ci_high
    from gold.cohort_retention
    where is_observed
    order by cohort_start_date, months_since_signup
"""

# Who was there at the end of the month before and who left within the month, of the quarters of
# sign-up that have lived through it: what the estimate of Kaplan and Meier is made of.
RETENTION = """
    with cells as (
        select
            months_since_signup,
            cohort_size,
            active_count,
            retained_count,
            coalesce(
                lag(retained_count) over (
                    partition by cohort_start_date order by months_since_signup
                ),
                cohort_size
            ) as count_before
        from gold.cohort_retention
        where is_observed
    )

    select
        months_since_signup,
        sum(cohort_size) as member_count,
        sum(count_before) as at_risk_count,
        sum(count_before - retained_count) as left_count,
        sum(active_count) as active_count
    from cells
    group by months_since_signup
    order by months_since_signup
"""

CAMPAIGNS = """
    select
        tests.question,
        case
            when tests.question = 'purchases_before_campaign' then 'Before the contact (check)'
            when tests.question = 'purchases_after_campaign' then 'All campaigns'
            else effects.subject
        end as campaign,
        tests.estimate as ratio,
        tests.ci_low as ratio_low,
        tests.ci_high as ratio_high,
        tests.p_value_adjusted,
        tests.test_count,
        tests.are_assumptions_met,
        tests.is_significant,
        groups.group_name,
        groups.observations,
        groups.estimate,
        groups.ci_low,
        groups.ci_high
    from gold.inferential_analytics as tests
    inner join gold.group_estimates as groups
        on tests.question = groups.question
    left join gold.causal_analytics as effects
        on effects.effect_key = replace(tests.question, 'purchases_after_campaign_', 'purchases|')
    where tests.question like 'purchases\\_%%\\_campaign%%'
    order by
        case tests.question
            when 'purchases_before_campaign' then 1 when 'purchases_after_campaign' then 2 else 3
        end,
        tests.estimate desc nulls last,
        tests.question,
        groups.group_name desc
"""
