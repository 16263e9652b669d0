"""What lifestyle choices can ease people's financial burden? The queries of report 09.

Those about one person bind ``%(customer)s``.
"""

from __future__ import annotations

from typing import LiteralString

from analytics_viz.kpi import Kpi
from analytics_viz.queries import diagnostic

# The insights are of the as-of date only, so most of them have nothing to compare with; beside them
# stands what the grades rest on, as it was in the year and in the one before. A whole year: 30 days
# may hold two pay days or none.
KPIS = (
    Kpi(
        "possible_savings",
        "Possible savings a month",
        "money",
        None,
        "What all recommendations together would save in a month; no dollar is counted twice.",
        """
        select sum(monthly_saving_amount)
        from gold.vw_financial_recommendations
        where as_of_date = %(end)s
        """,
        is_stock=True,
    ),
    Kpi(
        "people_with_savings",
        "People who can save",
        "count",
        None,
        "Active customers with at least one recommendation.",
        """
        select nullif(count(distinct customer_id), 0)
        from gold.vw_financial_recommendations
        where as_of_date = %(end)s
        """,
        is_stock=True,
    ),
    Kpi(
        "rated_people",
        "People with a grade",
        "count",
        None,
        "Active customers whose pay is booked here in at least three of four months.",
        """
        select nullif(count(*), 0)
        from gold.financial_health
        where as_of_date = %(end)s and financial_health_grade <> 'NOT RATED'
        """,
        is_stock=True,
    ),
    Kpi(
        "median_health_score",
        "Median health score",
        "count",
        "up",
        "Half of the people with a grade have at most so many points of 100. The year before: of"
        " those of today's customers who had a grade then.",
        """
        select
            percentile_cont(0.5) within group (
                order by
                    case as_of_date when %(end)s then financial_health_score
                    else year_ago_health_score end
            )
        from gold.financial_health
        where %(end)s in (as_of_date, as_of_date - 365)
        """,
        is_stock=True,
    ),
    Kpi(
        "budget_alert_count",
        "Budgets with an alert",
        "count",
        "down",
        "Budgets of the month that are exceeded, or will be by the projection.",
        """
        select case when count(*) > 0 then count(*) filter (where alert_level <> 'none') end
        from gold.vw_budget_alerts
        where as_of_date = %(end)s
        """,
        is_stock=True,
    ),
    Kpi(
        "savings_rate",
        "Savings rate",
        "percent",
        "up",
        "Part of the income booked here that was not spent; with those whose pay goes elsewhere.",
        """
        select
            round(
                100 * (sum(income_amount) - sum(spending_amount)) / nullif(sum(income_amount), 0), 2
            )
        from gold.fact_transactions
        where transaction_date between %(start)s and %(end)s
        """,
    ),
    Kpi(
        "spending_per_customer",
        "Spending per customer",
        "money",
        None,
        "Spending divided by the customers with at least one transaction.",
        """
        select round(sum(spending_amount) / nullif(count(distinct customer_id), 0), 2)
        from gold.fact_transactions
        where transaction_date between %(start)s and %(end)s
        """,
    ),
    Kpi(
        "discretionary_spending",
        "Discretionary spending",
        "money",
        None,
        "Spending on shopping, entertainment, dining and travel.",
        """
        select sum(spending_amount)
        from gold.fact_transactions
        where transaction_date between %(start)s and %(end)s and category_group = 'discretionary'
        """,
    ),
    *(kpi for kpi in diagnostic.KPIS if kpi.name == "late_payment_rate"),
)

GRADES = """
    select
        financial_health_grade,
        count(*) as person_count,
        avg(financial_health_score) as mean_score
    from gold.financial_health
    group by financial_health_grade
    order by financial_health_grade
"""

PARTS = """
    select
        parts.part,
        avg(parts.score) as mean_score,
        count(parts.score) as person_count,
        count(*) filter (where people.weakest_part = parts.part) as weakest_count
    from gold.financial_health as people
    cross join lateral (
        values
        ('savings rate', people.savings_rate_score),
        ('buffer', people.buffer_score),
        ('debt service', people.debt_service_score),
        ('punctuality', people.punctuality_score),
        ('balance', people.balance_score)
    ) as parts (part, score)
    where people.financial_health_grade <> 'NOT RATED'
    group by parts.part
    order by mean_score desc
"""

LEVERS = """
    select
        lever_name,
        lever_kind,
        count(*) as person_count,
        sum(monthly_saving_amount) as monthly_saving,
        percentile_cont(0.5) within group (order by monthly_saving_amount) as median_saving
    from gold.vw_financial_recommendations
    group by lever_name, lever_kind
    order by monthly_saving
"""

SAVINGS_RATES = """
    select
        income_bracket,
        household,
        count(*) as person_count,
        percentile_cont(0.5) within group (order by savings_rate_percent) as median_savings_rate
    from gold.financial_health
    where savings_rate_percent is not null
    group by income_bracket, household
"""

BUDGETS_BY_CATEGORY = """
    select
        category_name,
        count(*) as budget_count,
        count(*) filter (where alert_level = 'critical') as critical_count,
        count(*) filter (where alert_level = 'high') as high_count,
        count(*) filter (where alert_level = 'medium') as medium_count,
        coalesce(sum(overrun_amount) filter (where alert_level <> 'none'), 0) as overrun_amount
    from gold.vw_budget_alerts
    group by category_name
    order by count(*) filter (where alert_level <> 'none'), count(*)
"""

# ---------------------------------------------------------------- one person

PERSON: LiteralString = """
    select person_name from gold.financial_health where customer_id = %(customer)s
"""

FORMER_CUSTOMER: LiteralString = """
    select count(*) from gold.dim_customer where customer_id = %(customer)s
"""

PERSON_KPIS = (
    Kpi(
        "person_spending",
        "Spending",
        "money",
        None,
        "Purchases and fees less refunds.",
        """
        select coalesce(sum(spending_amount), 0)
        from gold.fact_transactions
        where customer_id = %(customer)s and transaction_date between %(start)s and %(end)s
        """,
    ),
    Kpi(
        "person_income",
        "Income",
        "money",
        "up",
        "Pay and interest.",
        """
        select coalesce(sum(income_amount), 0)
        from gold.fact_transactions
        where customer_id = %(customer)s and transaction_date between %(start)s and %(end)s
        """,
    ),
    Kpi(
        "person_possible_savings",
        "Possible savings a month",
        "money",
        None,
        "What the recommendations together would save in a month.",
        """
        select case
            when max(as_of_date) is not null
                then (
                    select coalesce(sum(monthly_saving_amount), 0)
                    from gold.vw_financial_recommendations
                    where customer_id = %(customer)s
                )
        end
        from gold.financial_health
        where customer_id = %(customer)s and as_of_date = %(end)s
        """,
        is_stock=True,
    ),
    Kpi(
        "person_health_score",
        "Health score",
        "count",
        "up",
        "0 to 100; none where the pay goes to another bank.",
        """
        select max(financial_health_score)
        from gold.financial_health
        where customer_id = %(customer)s and as_of_date = %(end)s
        """,
        is_stock=True,
    ),
)

PERSON_PARTS = """
    select
        parts.part,
        parts.score,
        parts.measure,
        parts.unit,
        people.financial_health_grade,
        people.financial_health_score,
        people.weakest_part,
        people.coverage,
        people.months_observed
    from gold.financial_health as people
    cross join lateral (
        values
        (1, 'savings rate', people.savings_rate_score, people.savings_rate_percent, '%% of income'),
        (2, 'buffer', people.buffer_score, people.buffer_months, 'months of outgo'),
        (3, 'debt service', people.debt_service_score, people.debt_service_percent, '%% of income'),
        (4, 'punctuality', people.punctuality_score, people.late_payment_percent, '%% late'),
        (5, 'balance', people.balance_score, people.discretionary_percent, '%% discretionary')
    ) as parts (part_order, part, score, measure, unit)
    where people.customer_id = %(customer)s
    order by parts.part_order
"""

PERSON_SAVINGS = """
    select
        recommendation_rank, lever_name, lever_kind, category_name, monthly_amount,
        reference_amount, monthly_saving_amount, cumulative_saving_amount, recommendation,
        evidence_own_history, evidence_peers
    from gold.vw_financial_recommendations
    where customer_id = %(customer)s
    order by recommendation_rank
"""

PERSON_EVIDENCE = """
    select
        category_name, spending_kind, monthly_amount, previous_monthly_amount, is_increase,
        peer_group, peer_count, peer_median_amount, peer_upper_quartile_amount, is_above_peers
    from gold.vw_spending_patterns
    where customer_id = %(customer)s and spending_kind <> 'fraud' and monthly_amount > 0
    order by monthly_amount desc, category_name, spending_kind
    limit 12
"""

PERSON_MONTHS = """
    select
        months.month_start_date,
        months.income_amount,
        months.spending_amount,
        coalesce(spending.essential_spending, 0) as essential_amount,
        coalesce(spending.discretionary_spending, 0) as discretionary_amount,
        months.spending_amount - coalesce(spending.essential_spending, 0)
        - coalesce(spending.discretionary_spending, 0) as other_amount
    from gold.fact_customer_monthly as months
    left join dst.dst_person_analytics as spending
        on months.customer_id = spending.customer_id
        and months.month_start_date = spending.month_start_date
    where
        months.customer_id = %(customer)s
        and months.month_start_date >= date_trunc('month', %(as_of)s) - interval '24 months'
        and months.month_start_date < date_trunc('month', %(as_of)s)
    order by months.month_start_date
"""

PERSON_BUDGETS = """
    select
        category_name, alert_level, budget_amount, budget_source, spent_amount, projected_amount,
        overrun_amount, days_elapsed, days_in_month
    from gold.vw_budget_alerts
    where customer_id = %(customer)s
    order by budget_amount
"""

PERSON_HABITS = """
    select
        lever_name, spending_kind, advice, purchases_per_month, suggested_purchases_per_month,
        avg_purchase_amount, suggested_purchase_amount, monthly_amount, suggested_monthly_amount,
        monthly_saving_amount
    from gold.vw_lifestyle_improvements
    where customer_id = %(customer)s
    order by improvement_rank desc
"""
