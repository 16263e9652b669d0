"""Why did it happen? The queries of report 02."""

from __future__ import annotations

from analytics_viz.kpi import Kpi
from analytics_viz.queries import descriptive

_SHARED = {kpi.name: kpi for kpi in descriptive.KPIS}

# A name that is also a metric in models/gold/_metrics.yml stands for the same number.
KPIS = (
    _SHARED["fraud_rate"],
    Kpi(
        "fraud_amount",
        "Fraud amount",
        "money",
        "down",
        "Amount of transactions that turned out to be fraud, declined ones included.",
        """
        select sum(fraud_amount)
        from gold.fact_transactions
        where transaction_date between %(start)s and %(end)s
        """,
    ),
    _SHARED["decline_rate"],
    Kpi(
        "customers_left",
        "Customers who left",
        "count",
        "down",
        "Customers who stopped being with the bank in the period.",
        """
        select count(*)
        from (
            select min(effective_date) as left_date
            from gold.dim_customer
            where not is_active
            group by customer_id
        ) as departures
        where left_date between %(start)s and %(end)s
        """,
    ),
    Kpi(
        "late_payment_rate",
        "Late loan payments",
        "percent",
        "down",
        "Share of the instalments due in the period that were paid late or are past due.",
        """
        select round(100.0 * count(*) filter (where is_late) / nullif(count(*), 0), 2)
        from gold.fact_loan_payments
        where scheduled_date between %(start)s and %(end)s
        """,
    ),
    Kpi(
        "service_contacts",
        "Service contacts",
        "count",
        "down",
        "Contacts that customers began; offers of campaigns do not count.",
        """
        select count(*)
        from gold.fact_customer_interactions
        where campaign_id is null
          and cast(interaction_at as date) between %(start)s and %(end)s
        """,
    ),
    Kpi(
        "unresolved_rate",
        "Unresolved contacts",
        "percent",
        "down",
        "Share of the contacts of the period whose matter was not resolved.",
        """
        select round(100.0 * count(*) filter (where not is_resolved) / nullif(count(*), 0), 2)
        from gold.fact_customer_interactions
        where campaign_id is null
          and cast(interaction_at as date) between %(start)s and %(end)s
        """,
    ),
)

WHAT_MOVED = """
    select
        member as category_name,
        previous_total_value,
        total_value,
        contribution,
        volume_effect,
        mix_effect,
        rate_effect,
        cast(unit_count as bigint) as transaction_count
    from gold.diagnostic_analytics
    where analysis = 'spending'
      and dimension = 'category'
    order by contribution desc
"""

PROBLEM_RATES = """
    select
        period_start_date as month_start_date,
        max(value) filter (where metric = 'decline_rate') as decline_rate,
        max(value) filter (where metric = 'fraud_rate') as fraud_rate,
        cast(max(sample_count) as bigint) as transaction_count
    from gold.descriptive_analytics
    where dimension = 'total'
      and metric in ('decline_rate', 'fraud_rate')
      and is_complete
    group by period_start_date
    order by period_start_date
"""

FRAUD_BY_CHANNEL = """
    select
        member as channel,
        cast(unit_count as bigint) as transaction_count,
        cast(previous_unit_count as bigint) as previous_transaction_count,
        cast(event_total as bigint) as fraud_count,
        cast(previous_event_total as bigint) as previous_fraud_count,
        rate,
        rate_low,
        rate_high,
        previous_rate,
        total_value as base_rate,
        previous_total_value as previous_base_rate,
        contribution,
        period_start_date,
        period_end_date
    from gold.diagnostic_analytics
    where analysis = 'fraud'
      and dimension = 'channel'
      and unit_count > 0
    order by rate desc, transaction_count desc
"""

# Two years: one quarter has too few cases for so many cells.
FRAUD_HOURS = """
    select
        channel,
        hour_of_day - mod(hour_of_day, 4) as hour_from,
        count(*) as transaction_count,
        count(*) filter (where is_fraud) as fraud_count
    from gold.fact_transactions
    where transaction_date between %(start)s and %(end)s
    group by channel, hour_of_day - mod(hour_of_day, 4)
    order by channel, hour_from
"""

CHURN_BY_TENURE = """
    select
        member as tenure,
        cast(unit_count as bigint) as month_count,
        cast(event_total as bigint) as left_count,
        rate,
        rate_low,
        rate_high,
        total_value as base_rate,
        period_start_date,
        period_end_date
    from gold.diagnostic_analytics
    where analysis = 'churn'
      and dimension = 'tenure'
      and unit_count > 0
    order by tenure
"""

CHURN_FACTORS = """
    select
        dimension as factor,
        member,
        cast(unit_count as bigint) as unit_count,
        cast(event_total as bigint) as event_count,
        rate,
        rate_low,
        rate_high,
        total_value as base_rate,
        period_start_date,
        period_end_date
    from gold.diagnostic_analytics
    where analysis = 'churn'
      and dimension in ('bad_service', 'balances', 'fees', 'declined_payments', 'open_loan')
      and unit_count > 0
      and member <> 'unknown'
    order by factor, member
"""

DELINQUENCY_FACTORS = """
    select
        dimension as factor,
        member,
        cast(unit_count as bigint) as unit_count,
        cast(event_total as bigint) as event_count,
        rate,
        rate_low,
        rate_high,
        total_value as base_rate,
        period_start_date,
        period_end_date
    from gold.diagnostic_analytics
    where analysis = 'late_payments'
      and dimension in ('credit_score_band', 'balances', 'loan_age', 'loan_product', 'autopay')
      and unit_count > 0
      and member <> 'unknown'
    order by factor, member
"""

DECLINE_REASONS = """
    select
        member as decline_reason,
        cast(event_total as bigint) as declined_count,
        cast(previous_event_total as bigint) as previous_declined_count,
        cast(unit_count as bigint) as transaction_count,
        contribution,
        total_value as decline_rate,
        previous_total_value as previous_decline_rate
    from gold.diagnostic_analytics
    where analysis = 'declines'
      and dimension = 'decline_reason'
    order by declined_count desc, decline_reason
"""

SERVICE_ISSUES = """
    select
        member as reason,
        cast(unit_count as bigint) as contact_count,
        cast(event_total as bigint) as unresolved_count,
        cast(previous_unit_count as bigint) as previous_contact_count,
        rate_low,
        rate_high
    from gold.diagnostic_analytics
    where analysis = 'unresolved_contacts'
      and dimension = 'reason'
      and unit_count > 0
    order by contact_count desc, reason
"""

CONTACT_TYPES = """
    select
        member as contact_type,
        cast(event_total as bigint) as contact_count,
        cast(previous_event_total as bigint) as previous_contact_count
    from gold.diagnostic_analytics
    where analysis = 'service_contacts'
      and dimension = 'contact_type'
    order by contact_count desc, contact_type
"""
