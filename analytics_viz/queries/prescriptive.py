"""What should the bank do? The queries of report 06."""

from __future__ import annotations

from analytics_viz.kpi import Kpi

# The plan is that of the as-of date only, so what it holds has nothing to compare with.
KPIS = (
    Kpi(
        "recommended_offers",
        "Recommended offers",
        "count",
        None,
        "Customers to whom the best possible offer is worth more than it costs.",
        """
        select nullif(count(*), 0)
        from gold.prescriptive_analytics
        where action_kind = 'offer' and is_recommended and reference_date = %(end)s
        """,
        is_stock=True,
    ),
    Kpi(
        "offer_value",
        "Expected value of offers",
        "money",
        "up",
        "Expected margin of the recommended offers less their cost; rests on assumptions.",
        """
        select sum(expected_value_amount)
        from gold.prescriptive_analytics
        where action_kind = 'offer' and is_recommended and reference_date = %(end)s
        """,
        is_stock=True,
    ),
    Kpi(
        "retention_customers",
        "Customers to be kept",
        "count",
        None,
        "Customers for whom the budget pays a retention action.",
        """
        select nullif(count(*), 0)
        from gold.prescriptive_analytics
        where action_kind = 'retention' and is_recommended and reference_date = %(end)s
        """,
        is_stock=True,
    ),
    Kpi(
        "opened_products",
        "Products sold",
        "count",
        "up",
        "Accounts of any kind that existing customers opened in the period.",
        """
        select count(distinct accounts.account_id)
        from gold.dim_account as accounts
        inner join gold.dim_customer as customers
            on accounts.customer_id = customers.customer_id and customers.is_current
        where accounts.is_current
            and accounts.open_date between %(start)s and %(end)s
            and accounts.open_date > customers.signup_date
        """,
    ),
    Kpi(
        "retention_cost",
        "Retention spending",
        "money",
        None,
        "Cost of the recommended retention actions.",
        """
        select sum(cost_amount)
        from gold.prescriptive_analytics
        where action_kind = 'retention' and is_recommended and reference_date = %(end)s
        """,
        is_stock=True,
    ),
    Kpi(
        "retention_roi",
        "Return on retention",
        "percent",
        "up",
        "Expected value kept in percent of the retention spending.",
        """
        select round(100 * sum(expected_value_amount) / sum(cost_amount), 1)
        from gold.prescriptive_analytics
        where action_kind = 'retention' and is_recommended and reference_date = %(end)s
        """,
        is_stock=True,
    ),
)

OFFER_MATRIX = """
    select
        customer_segment,
        product_name,
        count(*) as possible_count,
        count(*) filter (where is_recommended) as recommended_count,
        coalesce(sum(expected_value_amount) filter (where is_recommended), 0) as expected_value
    from gold.prescriptive_analytics
    where action_kind = 'offer'
    group by customer_segment, product_name
    order by customer_segment, product_name
"""

RETENTION_WATERFALL = """
    select
        'Expected loss' as step,
        0 as step_order,
        count(*) filter (where customer_lifetime_value > 0) as customer_count,
        sum(churn_probability_365d * greatest(customer_lifetime_value, 0)) as amount
    from gold.predictive_analytics
    union all
    select
        action_name,
        min(action_rank),
        count(*) filter (where is_recommended),
        sum(extra_value_amount + extra_cost_amount)
    from gold.prescriptive_analytics
    where is_funded
    group by action_name
    union all
    select 'Cost', 99, count(*) filter (where is_recommended), sum(extra_cost_amount)
    from gold.prescriptive_analytics
    where is_funded
    having count(*) > 0
    order by 2
"""

BUDGET_CURVE = """
    with steps as (
        select
            budget_rank,
            budget_used_amount,
            budget_amount,
            is_funded,
            extra_value_amount / extra_cost_amount as value_per_dollar,
            sum(extra_value_amount) over (order by budget_rank) as value_amount,
            count(*) over () as step_count,
            lead(is_funded) over (order by budget_rank) as is_next_funded
        from gold.prescriptive_analytics
        where action_kind = 'retention'
    )

    select *
    from steps
    where
        budget_rank %% greatest(step_count / 200, 1) = 0
        or budget_rank in (1, step_count)
        or is_funded <> is_next_funded
    order by budget_rank
"""

BUDGET_ALLOCATION = """
    select
        customer_segment,
        action_name,
        min(action_rank) as action_order,
        count(*) as customer_count,
        sum(cost_amount) as cost,
        sum(expected_value_amount) as expected_value
    from gold.prescriptive_analytics
    where action_kind = 'retention' and is_recommended
    group by customer_segment, action_name
    order by customer_segment, action_order
"""

ACCEPTANCE = """
    select
        product_name, treated_count, treated_opened, control_count, control_opened,
        measured_uplift, assumed_acceptance, acceptance_probability, is_measured
    from gold.offer_acceptance
    order by is_measured, acceptance_probability
"""
