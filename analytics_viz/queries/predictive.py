"""What will customers do? The queries of report 05."""

from __future__ import annotations

from analytics_viz.kpi import Kpi

# Scores are kept of the as-of date only, so what they foresee has nothing to compare with; beside
# each stands what has happened in the same number of days.
KPIS = (
    Kpi(
        "departures",
        "Departures",
        "count",
        "down",
        "Customers who left in the last 90 days.",
        """
        select count(distinct customer_id)
        from gold.dim_customer
        where not is_active and not is_deleted
            and effective_date between %(start)s and %(end)s
        """,
    ),
    Kpi(
        "expected_departures",
        "Expected departures",
        "count",
        None,
        "Customers expected to leave in the next 90 days: the sum of their probabilities.",
        """
        select round(sum(churn_probability_90d), 1)
        from gold.predictive_analytics
        where reference_date = %(end)s
        """,
        is_stock=True,
    ),
    Kpi(
        "late_borrowers",
        "Late borrowers",
        "count",
        "down",
        "Borrowers with an instalment that fell due in the last 90 days and was late.",
        """
        select count(distinct customer_id)
        from gold.fact_loan_payments
        where days_late > 0 and scheduled_date between %(start)s and %(end)s
        """,
    ),
    Kpi(
        "expected_late_borrowers",
        "Borrowers expected late",
        "count",
        None,
        "Borrowers expected to be late with an instalment that falls due in the next 90 days.",
        """
        select round(sum(late_payment_probability_90d), 1)
        from gold.predictive_analytics
        where reference_date = %(end)s
        """,
        is_stock=True,
    ),
    Kpi(
        "high_churn_risk",
        "High churn risk",
        "count",
        "down",
        "Customers whose odds of leaving are more than 7/3 of the average (score above 0.7).",
        """
        select nullif(count(*), 0)
        from gold.predictive_analytics
        where churn_risk_category = 'High' and reference_date = %(end)s
        """,
        is_stock=True,
    ),
    Kpi(
        "lifetime_value",
        "Lifetime value",
        "money",
        "up",
        "Discounted margin expected of all customers in the years ahead; rests on assumptions.",
        """
        select sum(customer_lifetime_value)
        from gold.predictive_analytics
        where reference_date = %(end)s
        """,
        is_stock=True,
    ),
)

CHURN_DISTRIBUTION = """
    select
        floor(20 * churn_risk_score) / 20 as score_from,
        churn_risk_category,
        count(*) as customer_count,
        sum(churn_probability_90d) as expected_departures
    from gold.predictive_analytics
    group by 1, 2
    order by 1, 2
"""

RISK_AND_VALUE = """
    select
        churn_risk_category,
        count(*) as customer_count,
        100 * avg(churn_probability_365d) as churn_percent,
        avg(customer_lifetime_value) as lifetime_value,
        sum(churn_probability_365d * customer_lifetime_value) as expected_loss
    from gold.predictive_analytics
    where customer_lifetime_value > 0
    group by
        churn_risk_category,
        floor(4 * ln(churn_probability_365d + 0.0001)),
        floor(4 * log(customer_lifetime_value))
    order by expected_loss desc
"""

RISK_CATEGORIES = """
    select risk, category, count(*) as customer_count
    from gold.predictive_analytics
    cross join lateral (
        values
            ('Churn', churn_risk_category),
            ('Late payment', credit_risk_category),
            ('Fraud', fraud_risk_category)
    ) as risks (risk, category)
    where category <> 'No loan'
    group by risk, category
    order by risk, category
"""

VALUE_AT_RISK = """
    select
        customer_segment,
        count(*) as customer_count,
        sum(greatest(customer_lifetime_value, 0)) as lifetime_value,
        sum(churn_probability_365d * greatest(customer_lifetime_value, 0)) as expected_loss
    from gold.predictive_analytics
    group by customer_segment
    order by expected_loss
"""

IMPORTANCE = """
    select
        model, label as driver, y_value as loss, y_low, y_high,
        auc, judged_from, judged_to, judged_rows, judged_customers, trained_on
    from gold.model_evaluation
    inner join gold.model_cards using (model)
    where curve = 'importance' and model in ('churn_90d', 'late_payment_90d')
    order by model, y_value
"""

CALIBRATION = """
    select
        model, event, x_value as predicted, y_value as observed, y_low, y_high, row_count,
        mean_predicted, observed_share, judged_from, judged_to, judged_rows, judged_customers,
        trained_on
    from gold.model_evaluation
    inner join gold.model_cards using (model)
    where curve = 'calibration' and model <> 'fraud'
    order by model, point
"""

ROC = """
    select
        model, x_value as false_alarms, y_value as found, auc, auc_low, auc_high, baseline,
        baseline_auc, judged_from, judged_to, judged_rows, judged_customers, trained_on
    from gold.model_evaluation
    inner join gold.model_cards using (model)
    where curve = 'roc'
    order by model, point
"""
