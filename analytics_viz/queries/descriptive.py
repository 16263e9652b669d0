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
        dates.month_start_date,
        dates.month_end_date <= %(as_of)s as is_complete,
        sum(facts.spending_amount) as spending_amount,
        count(*) as transaction_count
    from gold.fact_transactions as facts
    inner join gold.dim_date as dates
        on facts.date_key = dates.date_key
    where facts.transaction_date <= %(as_of)s
    group by dates.month_start_date, dates.month_end_date
    order by dates.month_start_date
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
        age_group,
        income_bracket,
        count(*) as customer_count
    from gold.dim_customer
    where is_current and is_active
    group by age_group, income_bracket
    order by age_group, income_bracket
"""

PRODUCTS = """
    select
        products.product_category,
        products.product_name,
        count(*) as account_count,
        coalesce(sum(days.balance_amount) filter (where days.balance_amount > 0), 0) as held_amount,
        coalesce(-sum(days.balance_amount) filter (where days.balance_amount < 0), 0) as owed_amount
    from gold.fact_account_daily_snapshot as days
    inner join gold.dim_product as products
        on days.product_key = products.product_key
    where days.snapshot_date = %(as_of)s
    group by products.product_category, products.product_name
    order by abs(sum(days.balance_amount)) desc
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
        products.product_category,
        accounts.account_status,
        count(*) as account_count
    from gold.dim_account as accounts
    inner join gold.dim_product as products
        on accounts.product_id = products.product_id and products.is_current
    where accounts.is_current
    group by products.product_category, accounts.account_status
    order by products.product_category, accounts.account_status
"""
