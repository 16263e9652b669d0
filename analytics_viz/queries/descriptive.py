"""What happened? The queries of report 01."""

from __future__ import annotations

from analytics_viz.kpi import Kpi

# A name that is also a metric in models/gold/_metrics.yml stands for the same number
# (a test asks MetricFlow).
KPIS = (
    Kpi(
        "active_customers",
        "Active customers",
        "count",
        "up",
        "Customers with at least one transaction in the period.",
        """
        select count(distinct customer_id)
        from gold.fact_transactions
        where transaction_date between %(start)s and %(end)s
        """,
    ),
    Kpi(
        "new_customers",
        "New customers",
        "count",
        "up",
        "Customers who signed up in the period.",
        """
        select count(distinct customer_id)
        from gold.dim_customer
        where signup_date between %(start)s and %(end)s
        """,
    ),
    Kpi(
        "transactions",
        "Transactions",
        "count",
        "up",
        "Transactions of every type, approved and declined.",
        """
        select count(*)
        from gold.fact_transactions
        where transaction_date between %(start)s and %(end)s
        """,
    ),
    Kpi(
        "spending",
        "Spending",
        "money",
        "up",
        "Approved purchases and fees less refunds; transfers, cash and loan payments do not count.",
        """
        select sum(spending_amount)
        from gold.fact_transactions
        where transaction_date between %(start)s and %(end)s
        """,
    ),
    Kpi(
        "average_transaction",
        "Average transaction",
        "price",
        None,
        "Mean amount of a transaction of any type, without its sign.",
        """
        select round(avg(transaction_amount_abs), 2)
        from gold.fact_transactions
        where transaction_date between %(start)s and %(end)s
        """,
    ),
    Kpi(
        "revenue",
        "Fee revenue",
        "money",
        "up",
        "What the bank earns on approved purchases: amount times fee percent.",
        """
        select sum(revenue_amount)
        from gold.fact_transactions
        where transaction_date between %(start)s and %(end)s
        """,
    ),
    Kpi(
        "deposits",
        "Deposits",
        "money",
        "up",
        "Positive balances at the end of the period's last day.",
        """
        select sum(balance_amount)
        from gold.fact_account_daily_snapshot
        where snapshot_date = %(end)s
          and balance_amount > 0
        """,
        is_stock=True,
    ),
    Kpi(
        "debt",
        "Debt",
        "money",
        None,
        "What customers owe at the end of the period's last day: loans, cards and overdrafts.",
        """
        select -sum(balance_amount)
        from gold.fact_account_daily_snapshot
        where snapshot_date = %(end)s
          and balance_amount < 0
        """,
        is_stock=True,
    ),
    Kpi(
        "decline_rate",
        "Decline rate",
        "percent",
        "down",
        "Share of all transactions that were declined, whatever the reason.",
        """
        select round(100.0 * count(*) filter (where is_declined) / nullif(count(*), 0), 2)
        from gold.fact_transactions
        where transaction_date between %(start)s and %(end)s
        """,
    ),
    Kpi(
        "fraud_rate",
        "Fraud rate",
        "percent",
        "down",
        "Share of all transactions that turned out to be fraud.",
        """
        select round(100.0 * count(*) filter (where is_fraud) / nullif(count(*), 0), 2)
        from gold.fact_transactions
        where transaction_date between %(start)s and %(end)s
        """,
    ),
)

MONTHLY = """
    select
        period_start_date as month_start_date,
        is_complete,
        max(value) filter (where metric = 'spending') as spending_amount,
        cast(max(value) filter (where metric = 'transactions') as bigint) as transaction_count
    from gold.descriptive_analytics
    where dimension = 'total'
      and metric in ('spending', 'transactions')
    group by period_start_date, is_complete
    order by period_start_date
"""

CHANNELS = """
    select
        channel,
        count(*) as transaction_count,
        count(*) filter (where is_spending) as spending_count,
        sum(spending_amount) as spending_amount
    from gold.fact_transactions
    where transaction_date between %(start)s and %(end)s
    group by channel
    order by transaction_count desc
"""

SEGMENTS = """
    with spending as (
        select customer_id, sum(spending_amount) as spending_amount
        from gold.fact_transactions
        where transaction_date between %(start)s and %(end)s
        group by customer_id
    )

    select
        customers.customer_segment,
        count(*) as customer_count,
        coalesce(sum(spending.spending_amount), 0) as spending_amount
    from gold.dim_customer as customers
    left join spending
        on customers.customer_id = spending.customer_id
    where customers.is_current and customers.is_active
    group by customers.customer_segment
    order by spending_amount desc
"""

DEMOGRAPHICS = """
    select
        member as age_group,
        parent_member as income_bracket,
        cast(value as bigint) as customer_count
    from gold.descriptive_analytics
    where metric = 'customers'
      and dimension = 'age_and_income'
      and period_end_date = %(as_of)s
    order by age_group, income_bracket
"""

PRODUCTS = """
    select
        parent_member as product_category,
        member as product_name,
        cast(max(value) filter (where metric = 'accounts') as bigint) as account_count,
        max(value) filter (where metric = 'deposits') as held_amount,
        max(value) filter (where metric = 'debt') as owed_amount
    from gold.descriptive_analytics
    where dimension = 'product'
      and metric in ('accounts', 'deposits', 'debt')
      and period_end_date = %(as_of)s
    group by parent_member, member
    order by sum(value) filter (where metric in ('deposits', 'debt')) desc
"""

MERCHANTS = """
    select
        merchants.merchant_name,
        merchants.category as merchant_category,
        count(*) as transaction_count,
        sum(facts.spending_amount) as spending_amount,
        sum(sum(facts.spending_amount)) over () as all_spending_amount,
        count(*) over () as merchant_count
    from gold.fact_transactions as facts
    inner join gold.dim_merchant as merchants
        on facts.merchant_id = merchants.merchant_id and merchants.is_current
    where facts.transaction_date between %(start)s and %(end)s
      and facts.is_spending
      and merchants.category <> 'Housing'
    group by merchants.merchant_id, merchants.merchant_name, merchants.category
    order by spending_amount desc
    limit 15
"""

ACCOUNTS = """
    select
        parent_member as product_category,
        member as account_status,
        cast(value as bigint) as account_count
    from gold.descriptive_analytics
    where metric = 'accounts'
      and dimension = 'account_status'
      and period_end_date = %(as_of)s
    order by product_category, account_status
"""
