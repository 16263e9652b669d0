"""What patterns exist? The queries of report 03."""

from __future__ import annotations

from analytics_viz.kpi import Kpi
from analytics_viz.queries import descriptive

_SHARED = {kpi.name: kpi for kpi in descriptive.KPIS}

# A name that is also a metric in models/gold/_metrics.yml stands for the same number.
KPIS = (
    _SHARED["active_customers"],
    Kpi(
        "top_spenders_share",
        "Spending of the top tenth",
        "percent",
        None,
        "Share of the period's spending that comes from the tenth of its spenders who spend most.",
        """
        select round(100 * sum(spending) filter (where tenth = 1) / nullif(sum(spending), 0), 2)
        from (
            select
                sum(spending_amount) as spending,
                ntile(10) over (order by sum(spending_amount) desc, customer_id) as tenth
            from gold.fact_transactions
            where is_spending
              and transaction_date between %(start)s and %(end)s
            group by customer_id
            having sum(spending_amount) > 0
        ) as spenders
        """,
    ),
    Kpi(
        "median_purchase",
        "Median purchase",
        "price",
        None,
        "Half of the approved purchases were smaller; those that recur do not count.",
        """
        select percentile_disc(0.5) within group (order by transaction_amount_abs)
        from gold.fact_transactions
        where transaction_type = 'purchase'
          and is_approved
          and not is_recurring
          and transaction_date between %(start)s and %(end)s
        """,
    ),
    Kpi(
        "online_purchase_share",
        "Online purchases",
        "percent",
        None,
        "Share of the approved purchases made online; those that recur do not count.",
        """
        select round(100.0 * count(*) filter (where is_online) / nullif(count(*), 0), 2)
        from gold.fact_transactions
        where transaction_type = 'purchase'
          and is_approved
          and not is_recurring
          and transaction_date between %(start)s and %(end)s
        """,
    ),
    Kpi(
        "night_purchase_share",
        "Purchases at night",
        "percent",
        None,
        "Share of the approved purchases made at night; those that recur do not count.",
        """
        select round(100.0 * count(*) filter (where is_night) / nullif(count(*), 0), 2)
        from gold.fact_transactions
        where transaction_type = 'purchase'
          and is_approved
          and not is_recurring
          and transaction_date between %(start)s and %(end)s
        """,
    ),
)

# One row for customers who are much alike: a point each would be too many of a large bank.
CLUSTERS = """
    select
        cluster_name,
        count(*) as customer_count,
        round(avg(monthly_spending_amount), 2) as monthly_spending_amount,
        round(avg(average_asset_amount), 2) as balance_amount,
        round(avg(average_debt_amount), 2) as debt_amount
    from gold.customer_clusters
    group by cluster_name, round(6 * spending_score), round(6 * balance_score)
    order by cluster_name, customer_count desc
"""

CLUSTER_PROFILES = """
    select
        subject as cluster_name,
        related_subject as feature,
        max(value) filter (where metric = 'centre_score') as centre_score,
        max(value) filter (where metric = 'median_usd') as median_amount,
        max(sample_count) as customer_count
    from gold.exploratory_analytics
    where section = 'cluster'
      and metric in ('centre_score', 'median_usd')
    group by subject, related_subject
    order by cluster_name, feature
"""

SPENDING_DISTRIBUTION = """
    select
        floor(4 * log(greatest(monthly_spending_amount, 1))) / 4 as log_from,
        count(*) as customer_count,
        sum(spending_amount) as spending_amount
    from gold.customer_profiles
    group by 1
    order by 1
"""

CLUSTER_SPENDING = """
    select
        clusters.cluster_name,
        count(*) as customer_count,
        sum(profiles.spending_amount) as spending_amount
    from gold.customer_clusters as clusters
    inner join gold.customer_profiles as profiles
        on clusters.customer_id = profiles.customer_id
    group by clusters.cluster_name
    order by clusters.cluster_name
"""

SPENDING_CATEGORIES = """
    select
        subject as category_name,
        related_subject as category_group,
        max(value) filter (where metric = 'spending_usd') as spending_amount,
        max(value) filter (where metric = 'yoy_percent_change') as yoy_percent,
        max(sample_count) as transaction_count,
        min(period_start_date) as period_start_date,
        max(period_end_date) as period_end_date
    from gold.exploratory_analytics
    where section = 'spending_pattern'
    group by subject, related_subject
    order by spending_amount desc
"""

PLACES = """
    select
        state,
        city,
        count(*) as customer_count,
        sum(spending_amount) as spending_amount
    from gold.customer_profiles
    group by state, city
    order by customer_count desc, state, city
"""

STATES = """
    select
        subject as state,
        value as spending,
        value_low,
        value_high,
        sample_count as customer_count,
        period_start_date,
        period_end_date
    from gold.exploratory_analytics
    where section = 'geography_state'
    order by customer_count desc, state
"""

CORRELATIONS = """
    select
        feature,
        other_feature,
        spearman,
        spearman_low,
        spearman_high,
        p_value,
        adjusted_p_value,
        customer_count,
        comparison_count
    from gold.feature_correlations
    order by abs(spearman) desc, feature, other_feature
"""

AMOUNTS = """
    select
        score_from,
        is_outlier,
        sum(purchase_count) as purchase_count,
        sum(fraud_count) as fraud_count
    from gold.amount_distribution
    group by score_from, is_outlier
    order by score_from
"""

OUTLIERS = """
    select
        category_name,
        sum(purchase_count) as purchase_count,
        sum(purchase_count) filter (where is_outlier) as outlier_count,
        sum(fraud_count) filter (where is_outlier) as outlier_fraud_count,
        min(min_amount) as min_amount,
        max(max_amount) as max_amount,
        min(median_amount) as median_amount,
        min(lower_bound_amount) as lower_bound_amount,
        min(upper_bound_amount) as upper_bound_amount
    from gold.amount_distribution
    group by category_name
    order by median_amount, category_name
"""
