{#- What is known about a customer at the end of a day, and nothing that happened later. One definition for
    the model that is scored every day and for training at past days (`python -m training`), so that both
    see the same. `day` is an expression of type date. See docs/decisions/0013. -#}

{% macro as_of_day() -%}
    {#- The day as a literal: from a subquery the planner would expect 0.5 % of the transactions in a year. -#}
    {%- set as_of_date = ref('as_of_date') -%}
    {%- if not execute or not load_relation(as_of_date) -%}
        {{- return('(select as_of_date from ' ~ as_of_date ~ ')') -}}
    {%- endif -%}
    {%- set day = run_query('select as_of_date from ' ~ as_of_date).columns[0].values()[0] -%}
    {{- return("cast('" ~ day ~ "' as date)") -}}
{%- endmacro %}

{% macro in_window(days, age='age_days') -%}
    {{ age }} < {{ days }}
{%- endmacro %}

{% macro days_before(day, number) -%}
    cast({{ dbt.dateadd('day', -number, day) }} as date)
{%- endmacro %}

{% macro counted_events() -%}
    {#- name: [condition on fact_transactions, windows in days] -#}
    {{- return({
        'total_transactions': ['true', [7, 30, 90, 180, 365]],
        'purchases': ["transaction_type = 'purchase' and is_approved", [7, 30, 90, 180, 365]],
        'online_transactions': ['is_online', [30, 90, 365]],
        'night_transactions': ['is_night', [30, 90]],
        'weekend_transactions': ['is_weekend', [30, 90]],
        'international_transactions': ['is_international', [90, 365]],
        'cash_transactions': ['is_cash', [30, 90]],
        'recurring_transactions': ['is_recurring', [30, 90]],
        'declined_transactions': ['is_declined', [7, 30, 90, 365]],
        'refunds': ['is_refund and is_approved', [90, 365]],
        'high_value_transactions': ['is_high_value', [90, 365]],
        'risky_merchant_transactions': ['is_high_risk_merchant', [30, 90]],
        'fraud_transactions': ['is_fraud', [30, 90, 180, 365]],
    }) -}}
{%- endmacro %}

{% macro counted_kinds() -%}
    {#- name: [column of which different values are counted, windows] -#}
    {{- return({
        'active_days': ['transaction_date', [30, 90, 365]],
        'merchants': ['merchant_id', [90, 365]],
        'categories': ['category_name', [90, 365]],
        'channels': ['channel', [90]],
        'cities': ['location_city', [90]],
    }) -}}
{%- endmacro %}

{% macro added_amounts() -%}
    {#- name: [amount in USD, windows] -#}
    {{- return({
        'spending_amount': ['spending_amount', [7, 30, 90, 180, 365]],
        'income_amount': ['income_amount', [30, 90, 180, 365]],
        'incoming_amount': ['case when is_approved then credit_amount else 0 end', [30, 90]],
        'essential_amount': ['case when is_essential then spending_amount else 0 end', [90]],
        'discretionary_amount': ['case when is_discretionary then spending_amount else 0 end', [90]],
        'cash_amount': ['case when is_cash and is_approved then debit_amount else 0 end', [90]],
        'fee_amount': ["case when transaction_type = 'fee' and is_approved then debit_amount else 0 end", [90, 365]],
        'revenue_amount': ['revenue_amount', [90, 365]],
        'fraud_amount': ['fraud_amount', [365]],
    }) -}}
{%- endmacro %}

{% macro last_days() -%}
    {#- name: condition of the event whose days since are counted; NULL if there was none in 365 days -#}
    {{- return({
        'days_since_last_transaction': 'true',
        'days_since_last_purchase': "transaction_type = 'purchase' and is_approved",
        'days_since_last_income': 'is_income',
        'days_since_last_online_transaction': 'is_online',
        'days_since_last_declined_transaction': 'is_declined',
    }) -}}
{%- endmacro %}

{% macro transaction_features(day) -%}
    {#- grain: one row per customer with a transaction in the last 365 days; the fact is read once. As a step
        of its own it is read by date: PostgreSQL would read all of it in the order of customers to save a sort. -#}
    select
        customer_id,
        {% for name, (condition, windows) in counted_events().items() -%}
        {% for days in windows -%}
        count(*) filter (where {{ in_window(days) }} and {{ condition }}) as {{ name }}_{{ days }}d,
        {% endfor -%}
        {% endfor -%}
        {% for name, (column, windows) in counted_kinds().items() -%}
        {% for days in windows -%}
        count(distinct {{ column }}) filter (where {{ in_window(days) }}) as {{ name }}_{{ days }}d,
        {% endfor -%}
        {% endfor -%}
        {% for name, (amount, windows) in added_amounts().items() -%}
        {% for days in windows -%}
        sum({{ amount }}) filter (where {{ in_window(days) }}) as {{ name }}_{{ days }}d,
        {% endfor -%}
        {% endfor -%}
        {% for name, condition in last_days().items() -%}
        min(age_days) filter (where {{ condition }}) as {{ name }},
        {% endfor -%}
        max(debit_amount) filter (where {{ in_window(90) }} and transaction_type = 'purchase' and is_approved)
            as max_purchase_amount_90d,
        sum(debit_amount) filter (where {{ in_window(90) }} and transaction_type = 'purchase' and is_approved)
            as purchase_amount_90d,
        sum(debit_amount) filter (where transaction_type = 'purchase' and is_approved) as purchase_amount_365d,
        max(velocity_24h) filter (where {{ in_window(30) }}) as max_velocity_24h_30d,
        max(distance_from_home_km) filter (where {{ in_window(30) }}) as max_distance_km_30d,
        max(amount_deviation_score) filter (where {{ in_window(30) }}) as max_amount_deviation_30d
    from (
        select
            *,
            {{ evaluate_once() }} as is_read_by_date,
            {{ dbt.datediff('transaction_date', day, 'day') }} as age_days
        from {{ ref('fact_transactions') }}
        where transaction_date > {{ days_before(day, 365) }} and transaction_date <= {{ day }}
    ) as transactions
    group by customer_id
{%- endmacro %}

{% macro balance_features(day) -%}
    {#- grain: one row per customer with an account in the last 365 days. An average counts the days before
        an account was opened as zero. -#}
    {%- set is_held = 'period_end_date > ' ~ day -%}
    {%- set deposit = "product_category in ('Checking', 'Savings')" -%}
    {%- set loan = "product_category in ('Personal Loan', 'Auto Loan', 'Mortgage')" -%}
    select
        customer_id,
        count(*) filter (where {{ is_held }}) as open_accounts,
        count(distinct product_category) filter (where {{ is_held }}) as products_held,
        count(*) filter (where {{ is_held }} and product_category = 'Savings') as savings_accounts,
        count(*) filter (where {{ is_held }} and product_category = 'Credit Card') as credit_cards,
        count(*) filter (where {{ is_held }} and {{ loan }}) as open_loans,
        {{ dbt.datediff('max(open_date) filter (where ' ~ is_held ~ ')', day, 'day') }} as days_since_account_opened,
        count(distinct account_id) - count(*) filter (where {{ is_held }}) as accounts_closed_365d,
        sum(balance_amount) filter (where {{ is_held }} and product_category = 'Checking') as checking_balance_amount,
        sum(balance_amount) filter (where {{ is_held }} and product_category = 'Savings') as savings_balance_amount,
        sum(greatest(-balance_amount, 0)) filter (where {{ is_held }} and product_category = 'Credit Card')
            as card_debt_amount,
        sum(greatest(-balance_amount, 0)) filter (where {{ is_held }} and {{ loan }}) as loan_debt_amount,
        sum(credit_limit) filter (where {{ is_held }} and product_category = 'Credit Card') as credit_limit_amount,
        {% for days in [30, 90] -%}
        sum(balance_amount * days_{{ days }}d) filter (where product_category = 'Checking') / {{ days }}.0
            as avg_checking_balance_{{ days }}d,
        min(balance_amount) filter (where product_category = 'Checking' and days_{{ days }}d > 0)
            as min_checking_balance_{{ days }}d,
        sum(balance_amount) filter (
            where product_category = 'Checking'
            and period_start_date <= {{ days_before(day, days) }} and period_end_date > {{ days_before(day, days) }}
        ) as checking_balance_{{ days }}d_ago,
        {% endfor -%}
        sum(days_90d) filter (where product_category = 'Checking' and balance_amount < 0) as overdrawn_days_90d,
        sum(greatest(balance_amount, 0) * days_365d) filter (where {{ deposit }}) / 365.0 as avg_deposits_365d,
        sum(greatest(-balance_amount, 0) * days_365d) / 365.0 as avg_debt_365d
    from (
        select
            *,
            {{ evaluate_once() }} as is_read_by_date,
            {% for days in [30, 90, 365] -%}
            greatest({{ dbt.datediff(
                'greatest(period_start_date, ' ~ days_before(day, days - 1) ~ ')',
                'least(period_end_date, ' ~ days_before(day, -1) ~ ')', 'day'
            ) }}, 0) as days_{{ days }}d{{ ',' if not loop.last }}
            {% endfor %}
        from {{ ref('account_balance_periods') }}
        where period_start_date <= {{ day }} and period_end_date > {{ days_before(day, 365) }}
    ) as periods
    group by customer_id
{%- endmacro %}

{% macro service_features(day) -%}
    {#- grain: one row per customer with a contact in the last 365 days. -#}
    {%- set service = 'campaign_id is null' -%}
    select
        customer_id,
        {% for days in [30, 90, 365] -%}
        count(*) filter (where {{ in_window(days) }} and {{ service }}) as service_contacts_{{ days }}d,
        {% endfor -%}
        {% for days in [30, 90, 180, 365] -%}
        count(*) filter (where {{ in_window(days) }} and satisfaction_rating <= 2) as bad_ratings_{{ days }}d,
        {% endfor -%}
        {% for days in [90, 365] -%}
        count(*) filter (where {{ in_window(days) }} and interaction_type = 'Complaint') as complaints_{{ days }}d,
        count(*) filter (where {{ in_window(days) }} and {{ service }} and not is_resolved)
            as unresolved_contacts_{{ days }}d,
        count(*) filter (where {{ in_window(days) }} and is_escalated) as escalated_contacts_{{ days }}d,
        avg(satisfaction_rating) filter (where {{ in_window(days) }}) as avg_rating_{{ days }}d,
        count(*) filter (where {{ in_window(days) }} and campaign_group = 'treated') as campaign_contacts_{{ days }}d,
        {% endfor -%}
        avg(sentiment_score) filter (where {{ in_window(90) }} and {{ service }}) as avg_sentiment_90d,
        sum(duration_minutes) filter (where {{ in_window(90) }} and {{ service }}) as contact_minutes_90d,
        min(age_days) filter (where {{ service }}) as days_since_last_contact
    from (
        select
            *,
            {{ dbt.datediff('interaction_at', day, 'day') }} as age_days
        from {{ ref('fact_customer_interactions') }}
        where interaction_at >= {{ days_before(day, 364) }} and interaction_at < {{ days_before(day, -1) }}
    ) as contacts
    group by customer_id
{%- endmacro %}

{% macro delinquency_features(day) -%}
    {#- grain: one row per customer with an instalment due in the last 365 days. An instalment that was still
        unpaid that evening is as late as it was then. -#}
    select
        customer_id,
        count(*) as loan_payments_365d,
        {% for days in [30, 90, 180, 365] -%}
        count(*) filter (where {{ in_window(days) }} and days_late_then > 0) as late_payments_{{ days }}d,
        {% endfor -%}
        count(*) filter (where days_late_then > 0 and (actual_date is null or actual_date > {{ day }}))
            as overdue_instalments,
        max(days_late_then) filter (where {{ in_window(90) }}) as max_days_late_90d,
        max(days_late_then) as max_days_late_365d,
        sum(days_late_then) as days_late_365d,
        sum(late_fee_amount) filter (where actual_date <= {{ day }}) as late_fee_amount_365d,
        sum(actual_amount) filter (where {{ in_window(90) }} and actual_date <= {{ day }}) as loan_paid_amount_90d,
        min(age_days) filter (where days_late_then > 0) as days_since_last_late_payment
    from (
        select
            *,
            {{ dbt.datediff('scheduled_date', day, 'day') }} as age_days,
            {{ dbt.datediff('scheduled_date', 'least(coalesce(actual_date, ' ~ day ~ '), ' ~ day ~ ')', 'day') }}
                as days_late_then
        from {{ ref('fact_loan_payments') }}
        where scheduled_date > {{ days_before(day, 365) }} and scheduled_date <= {{ day }}
    ) as payments
    group by customer_id
{%- endmacro %}

{% macro alert_features(day) -%}
    {#- grain: one row per customer with a fraud alert in the last 365 days. -#}
    select
        customer_id,
        {% for days in [30, 90, 365] -%}
        count(*) filter (where {{ in_window(days) }}) as fraud_alerts_{{ days }}d,
        {% endfor -%}
        count(*) filter (where resolution_at is null or resolution_at >= {{ days_before(day, -1) }})
            as open_fraud_alerts
    from (
        select
            *,
            {{ dbt.datediff('alert_at', day, 'day') }} as age_days
        from {{ ref('fact_fraud_alerts') }}
        where alert_at >= {{ days_before(day, 364) }} and alert_at < {{ days_before(day, -1) }}
    ) as alerts
    group by customer_id
{%- endmacro %}

{% macro application_features(day) -%}
    {#- grain: one row per customer with a credit application in the last 365 days. -#}
    {%- set is_decided = 'decision_at < ' ~ days_before(day, -1) -%}
    select
        customer_id,
        count(*) as credit_applications_365d,
        count(*) filter (where decision = 'declined' and {{ is_decided }}) as declined_applications_365d,
        count(*) filter (where decision_at is null or not ({{ is_decided }})) as pending_applications
    from {{ ref('fact_credit_applications') }}
    where application_at >= {{ days_before(day, 364) }} and application_at < {{ days_before(day, -1) }}
    group by customer_id
{%- endmacro %}

{% macro customer_features(day) -%}
    {#- grain: one row per customer who is with the bank that evening, described by the version valid then. -#}
    with customers as (
        select
            *,
            {{ dbt.datediff('signup_date', day, 'day') }} as tenure_days,
            {{ full_years('date_of_birth', day) }} as age_years
        from {{ ref('dim_customer_private') }}
        where
            valid_from < {{ days_before(day, -1) }} and valid_to >= {{ days_before(day, -1) }}
            and is_active and not is_deleted and signup_date <= {{ day }}
    ),

    transactions as ({{ transaction_features(day) }}),

    balances as ({{ balance_features(day) }}),

    service as ({{ service_features(day) }}),

    delinquency as ({{ delinquency_features(day) }}),

    alerts as ({{ alert_features(day) }}),

    applications as ({{ application_features(day) }})

    select
        customers.customer_id,
        customers.customer_key,
        {{ day }} as reference_date,
        ---------- who
        customers.customer_segment,
        cast(customers.age_years as integer) as age_years,
        cast(customers.tenure_days as integer) as tenure_days,
        customers.annual_income,
        customers.credit_score,
        customers.number_of_dependents,
        coalesce(customers.marketing_opt_in, false) as has_marketing_consent,
        ---------- recency
        {% for name in last_days() -%}
        cast(transactions.{{ name }} as integer) as {{ name }},
        {% endfor -%}
        ---------- frequency and diversity
        {% for events in [counted_events(), counted_kinds()] -%}
        {% for name, (condition, windows) in events.items() -%}
        {% for days in windows -%}
        cast(coalesce(transactions.{{ name }}_{{ days }}d, 0) as integer) as {{ name }}_{{ days }}d,
        {% endfor -%}
        {% endfor -%}
        {% endfor -%}
        ---------- amounts
        {% for name, (amount, windows) in added_amounts().items() -%}
        {% for days in windows -%}
        coalesce(transactions.{{ name }}_{{ days }}d, 0) as {{ name }}_{{ days }}d,
        {% endfor -%}
        {% endfor -%}
        round(transactions.purchase_amount_90d / nullif(transactions.purchases_90d, 0), 2) as avg_purchase_amount_90d,
        round(transactions.purchase_amount_365d / nullif(transactions.purchases_365d, 0), 2)
            as avg_purchase_amount_365d,
        transactions.max_purchase_amount_90d,
        transactions.max_velocity_24h_30d,
        transactions.max_distance_km_30d,
        transactions.max_amount_deviation_30d,
        ---------- trend: 1 is the pace of the longer window
        round(3.0 * transactions.total_transactions_30d / nullif(transactions.total_transactions_90d, 0), 3)
            as transaction_trend_30d,
        round(365.0 / 90 * transactions.total_transactions_90d / nullif(transactions.total_transactions_365d, 0), 3)
            as transaction_trend_90d,
        round(3.0 * transactions.spending_amount_30d / nullif(transactions.spending_amount_90d, 0), 3)
            as spending_trend_30d,
        round(365.0 / 90 * transactions.spending_amount_90d / nullif(transactions.spending_amount_365d, 0), 3)
            as spending_trend_90d,
        round(365.0 / 90 * transactions.income_amount_90d / nullif(transactions.income_amount_365d, 0), 3)
            as income_trend_90d,
        ---------- shares
        {{ percent_of('transactions.online_transactions_90d', 'transactions.total_transactions_90d') }}
            as online_percent_90d,
        {{ percent_of('transactions.night_transactions_90d', 'transactions.total_transactions_90d') }}
            as night_percent_90d,
        {{ percent_of('transactions.declined_transactions_90d', 'transactions.total_transactions_90d') }}
            as declined_percent_90d,
        {{ percent_of('transactions.discretionary_amount_90d', 'transactions.spending_amount_90d') }}
            as discretionary_percent_90d,
        {{ percent_of('(transactions.income_amount_90d - transactions.spending_amount_90d)',
            'transactions.income_amount_90d') }} as savings_rate_percent_90d,
        ---------- accounts and balances
        {% for name in [
            'open_accounts', 'products_held', 'savings_accounts', 'credit_cards', 'open_loans', 'accounts_closed_365d'
        ] -%}
        cast(coalesce(balances.{{ name }}, 0) as integer) as {{ name }},
        {% endfor -%}
        cast(balances.days_since_account_opened as integer) as days_since_account_opened,
        {% for name in [
            'checking_balance_amount', 'savings_balance_amount', 'card_debt_amount', 'loan_debt_amount',
            'credit_limit_amount'
        ] -%}
        coalesce(balances.{{ name }}, 0) as {{ name }},
        {% endfor -%}
        {{ percent_of('balances.card_debt_amount', 'balances.credit_limit_amount') }} as credit_used_percent,
        {% for name in [
            'avg_checking_balance_30d', 'avg_checking_balance_90d', 'avg_deposits_365d', 'avg_debt_365d'
        ] -%}
        round(coalesce(balances.{{ name }}, 0), 2) as {{ name }},
        {% endfor -%}
        balances.min_checking_balance_30d,
        balances.min_checking_balance_90d,
        {% for days in [30, 90] -%}
        coalesce(balances.checking_balance_amount, 0) - coalesce(balances.checking_balance_{{ days }}d_ago, 0)
            as checking_balance_change_{{ days }}d,
        {% endfor -%}
        cast(coalesce(balances.overdrawn_days_90d, 0) as integer) as overdrawn_days_90d,
        ---------- service and campaigns
        {% for name in [
            'service_contacts_30d', 'service_contacts_90d', 'service_contacts_365d',
            'bad_ratings_30d', 'bad_ratings_90d', 'bad_ratings_180d', 'bad_ratings_365d',
            'complaints_90d', 'complaints_365d', 'unresolved_contacts_90d', 'unresolved_contacts_365d',
            'escalated_contacts_90d', 'escalated_contacts_365d', 'contact_minutes_90d',
            'campaign_contacts_90d', 'campaign_contacts_365d'
        ] -%}
        cast(coalesce(service.{{ name }}, 0) as integer) as {{ name }},
        {% endfor -%}
        round(service.avg_rating_90d, 2) as avg_rating_90d,
        round(service.avg_rating_365d, 2) as avg_rating_365d,
        round(service.avg_sentiment_90d, 2) as avg_sentiment_90d,
        cast(service.days_since_last_contact as integer) as days_since_last_contact,
        ---------- delinquency
        {% for name in [
            'loan_payments_365d', 'late_payments_30d', 'late_payments_90d', 'late_payments_180d',
            'late_payments_365d', 'overdue_instalments', 'max_days_late_90d', 'max_days_late_365d', 'days_late_365d'
        ] -%}
        cast(coalesce(delinquency.{{ name }}, 0) as integer) as {{ name }},
        {% endfor -%}
        coalesce(delinquency.late_fee_amount_365d, 0) as late_fee_amount_365d,
        coalesce(delinquency.loan_paid_amount_90d, 0) as loan_paid_amount_90d,
        cast(delinquency.days_since_last_late_payment as integer) as days_since_last_late_payment,
        ---------- fraud and credit
        {% for name in ['fraud_alerts_30d', 'fraud_alerts_90d', 'fraud_alerts_365d', 'open_fraud_alerts'] -%}
        cast(coalesce(alerts.{{ name }}, 0) as integer) as {{ name }},
        {% endfor -%}
        {% for name in [
            'credit_applications_365d', 'declined_applications_365d', 'pending_applications'
        ] -%}
        cast(coalesce(applications.{{ name }}, 0) as integer) as {{ name }}{{ ',' if not loop.last }}
        {% endfor %}
    from customers
    {% for events in ['transactions', 'balances', 'service', 'delinquency', 'alerts', 'applications'] -%}
    left join {{ events }} on customers.customer_id = {{ events }}.customer_id
    {% endfor %}
{%- endmacro %}
