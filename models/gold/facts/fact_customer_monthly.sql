-- grain: one row per customer and calendar month, from sign-up (or the first batch) to the as-of date
-- depends_on: {{ ref('customers_snapshot') }}
-- depends_on: {{ ref('accounts_snapshot') }}
-- depends_on: {{ ref('dim_account') }}
-- depends_on: {{ ref('base_transactions') }}
-- depends_on: {{ ref('base_customer_interactions') }}
-- depends_on: {{ ref('base_loan_payments') }}
-- depends_on: {{ ref('base_fraud_alerts') }}

with customers as (
    select * from {{ ref('dim_customer_private') }}
),

as_of as (
    select as_of_date from {{ ref('as_of_date') }}
),

{% if is_incremental() -%}
built as (
    select
        min(known.month_start_date) as first_month,
        max(known.month_start_date) as last_month
    from {{ this }} as known
),
{%- endif %}

first_batch as (
    select cast({{ dbt.date_trunc('month', 'min(transaction_date)') }} as date) as first_month
    from {{ ref('fact_transactions') }}
    {%- if is_incremental() %}
    -- it lies no later than the first month of a customer
    where
        transaction_date < (
            select coalesce({{ months_from('built.first_month', 1) }}, cast('9999-12-31' as date)) from built
        )
    {%- endif %}
),

{% if is_incremental() -%}
moves as (
    {{ versions_of_new_bookings() }}
),

-- who changed, and from which month on
changes as (
    select
        customer_id,
        moved_at
    from moves
    union all
    select
        owners.customer_id,
        moves.moved_at
    from moves
    inner join {{ ref('dim_account') }} as owners
        on moves.account_id = owners.account_id
    -- described by another version; a whole life where it may begin in another month
    union all
    select
        customers.customer_id,
        case
            when min(customers.signup_date) = max(customers.signup_date)
                then greatest(min(recorded.dbt_valid_from), min(customers.signup_date))
            else cast('1900-01-01' as date)
        end as moved_at
    from {{ ref('customers_snapshot') }} as recorded
    inner join customers
        on recorded.customer_id = customers.customer_id
    where recorded._recorded_build_id > {{ watermark() }}
    group by customers.customer_id
    -- balances: nothing is known of an account before its first version, and closed it is from a date that may be past
    union all
    select
        owners.customer_id,
        least(recorded.updated_at, owners.close_date) as moved_at
    from {{ ref('accounts_snapshot') }} as recorded
    inner join {{ ref('dim_account') }} as owners
        on recorded.account_id = owners.account_id
    where recorded._recorded_build_id > {{ watermark() }}
    {% for relation, moment in [
        ('base_customer_interactions', 'interaction_at'), ('base_loan_payments', 'scheduled_date'),
        ('base_fraud_alerts', 'alert_at')
    ] -%}
    union all
    select
        customer_id,
        {{ moment }} as moved_at
    from {{ ref(relation) }}
    where _build_id > {{ watermark() }}
    {% endfor -%}
    -- what was known to come after the last as-of date, and has come
    union all
    select
        customer_id,
        transaction_date as moved_at
    from {{ ref('fact_transactions') }}
    where transaction_date > cast('{{ previous_business_day() }}' as date)
    union all
    select
        customer_id,
        period_start_date as moved_at
    from {{ ref('account_balance_periods') }}
    where
        period_start_date > cast('{{ previous_business_day() }}' as date)
        and period_end_date > cast('{{ previous_business_day() }}' as date)
    union all
    select
        customer_id,
        close_date as moved_at
    from {{ ref('dim_account') }}
    where close_date >= cast('{{ previous_business_day() }}' as date)
),

touched as (
    select
        customer_id,
        cast({{ dbt.date_trunc('month', 'min(moved_at)') }} as date) as from_month
    from changes
    group by customer_id
),
{%- endif %}

lives as (
    select
        customers.customer_id,
        min(customers.signup_date) as signup_date
    from customers
    group by customers.customer_id
),

-- from which month on the months of a customer are to be made
spans as (
    select
        lives.customer_id,
        lives.signup_date,
        first_batch.first_month as from_month
    from lives
    cross join first_batch
    {%- if is_incremental() %}
    cross join built
    where coalesce(first_batch.first_month < built.first_month, true)
    union all
    select
        lives.customer_id,
        lives.signup_date,
        greatest(built.first_month, least(touched.from_month, {{ months_from('built.last_month', 1) }})) as from_month
    from lives
    cross join first_batch
    cross join built
    left join touched
        on lives.customer_id = touched.customer_id
    where first_batch.first_month >= built.first_month
    {%- endif %}
),

months as (
    select
        spans.customer_id,
        dates.year,
        dates.month,
        dates.month_start_date,
        dates.month_end_date,
        dates.days_in_month,
        {{ dbt.dateadd('day', 1, 'dates.month_end_date') }} as month_over,
        least(dates.month_end_date, as_of.as_of_date) as measured_on,
        {{ dbt.datediff('spans.signup_date', 'dates.month_start_date', 'month') }} as tenure_months
    from spans
    cross join as_of
    inner join {{ ref('dim_date') }} as dates
        on spans.from_month <= dates.month_start_date and spans.signup_date <= dates.month_end_date
    where
        dates.is_month_start
        and dates.full_date <= as_of.as_of_date
        and spans.from_month <= as_of.as_of_date
),

activity as (
    select
        customer_id,
        cast({{ dbt.date_trunc('month', 'transaction_date') }} as date) as month_start_date,
        count(*) as transaction_count,
        count(*) filter (where is_approved) as approved_count,
        count(*) filter (where is_declined) as declined_count,
        count(*) filter (where is_fraud) as fraud_count,
        count(*) filter (where is_spending and not is_refund) as purchase_count,
        count(*) filter (where is_refund) as refund_count,
        count(*) filter (where is_online) as online_count,
        count(*) filter (where is_international) as international_count,
        count(*) filter (where is_recurring) as recurring_count,
        count(*) filter (where is_weekend) as weekend_count,
        count(*) filter (where is_night) as night_count,
        count(*) filter (where is_high_value) as high_value_count,
        count(distinct transaction_date) as active_days,
        count(distinct merchant_id) as merchant_count,
        count(distinct category_name) as category_count,
        count(distinct channel) as channel_count,
        sum(spending_amount) as spending_amount,
        sum(income_amount) as income_amount,
        sum(case when is_approved then debit_amount else 0 end) as debit_amount,
        sum(case when is_approved then credit_amount else 0 end) as credit_amount,
        sum(case when is_essential then spending_amount else 0 end) as essential_amount,
        sum(case when is_discretionary then spending_amount else 0 end) as discretionary_amount,
        sum(declined_amount) as declined_amount,
        sum(fraud_amount) as fraud_amount,
        sum(revenue_amount) as revenue_amount,
        max(case when is_spending then spending_amount end) as max_spending_amount,
        max(transaction_date) as last_transaction_date
    from {{ ref('fact_transactions') }} as bookings
    {%- if is_incremental() %}
    where
        transaction_date >= (select min(touched.from_month) from touched)
        and exists (
            select 1 from touched
            where
                bookings.customer_id = touched.customer_id
                and bookings.transaction_date >= touched.from_month
        )
    {%- endif %}
    group by customer_id, cast({{ dbt.date_trunc('month', 'transaction_date') }} as date)
),

interactions as (
    select
        customer_id,
        cast({{ dbt.date_trunc('month', 'interaction_at') }} as date) as month_start_date,
        count(*) filter (where campaign_id is null) as interaction_count,
        count(*) filter (where is_escalated) as escalated_count,
        count(*) filter (where campaign_group = 'treated') as campaign_contact_count,
        avg(satisfaction_rating) as avg_satisfaction_rating
    from {{ ref('fact_customer_interactions') }}
    {%- if is_incremental() %}
    where customer_id in (select touched.customer_id from touched)
    {%- endif %}
    group by customer_id, cast({{ dbt.date_trunc('month', 'interaction_at') }} as date)
),

loans as (
    select
        customer_id,
        cast({{ dbt.date_trunc('month', 'scheduled_date') }} as date) as month_start_date,
        count(*) as loan_payment_count,
        count(*) filter (where is_late) as late_payment_count,
        sum(actual_amount) as loan_paid_amount
    from {{ ref('fact_loan_payments') }}
    {%- if is_incremental() %}
    where customer_id in (select touched.customer_id from touched)
    {%- endif %}
    group by customer_id, cast({{ dbt.date_trunc('month', 'scheduled_date') }} as date)
),

alerts as (
    select
        customer_id,
        cast({{ dbt.date_trunc('month', 'alert_at') }} as date) as month_start_date,
        count(*) as fraud_alert_count
    from {{ ref('fact_fraud_alerts') }}
    {%- if is_incremental() %}
    where customer_id in (select touched.customer_id from touched)
    {%- endif %}
    group by customer_id, cast({{ dbt.date_trunc('month', 'alert_at') }} as date)
),

balances as (
    select
        months.customer_id,
        months.month_start_date,
        count(*) as account_count,
        sum(case when periods.balance_amount > 0 then periods.balance_amount else 0 end) as asset_amount,
        sum(case when periods.balance_amount < 0 then -periods.balance_amount else 0 end) as debt_amount
    from months
    inner join {{ ref('account_balance_periods') }} as periods
        on
            months.customer_id = periods.customer_id
            and months.measured_on >= periods.period_start_date
            and months.measured_on < periods.period_end_date
    {%- if is_incremental() %}
    where periods.period_end_date > (select min(measured.measured_on) from months as measured)
    {%- endif %}
    group by months.customer_id, months.month_start_date
),

final as (
    select
        {{ surrogate_key(['months.customer_id', 'months.month_start_date']) }} as customer_month_key,
        cast({{ date_key('months.month_start_date') }} as integer) as date_key,
        customers.customer_key,
        months.customer_id,
        months.year,
        months.month,
        months.month_start_date,
        customers.customer_segment,
        customers.is_active as is_customer_active,
        cast(months.tenure_months as integer) as tenure_months,
        {% for metric in [
            'transaction_count', 'approved_count', 'declined_count', 'fraud_count', 'purchase_count',
            'refund_count', 'online_count', 'international_count', 'recurring_count', 'weekend_count',
            'night_count', 'high_value_count', 'active_days', 'merchant_count', 'category_count',
            'channel_count'
        ] -%}
        cast(coalesce(activity.{{ metric }}, 0) as integer) as {{ metric }},
        {% endfor -%}
        {% for metric in [
            'spending_amount', 'income_amount', 'debit_amount', 'credit_amount', 'essential_amount',
            'discretionary_amount', 'declined_amount', 'fraud_amount', 'revenue_amount'
        ] -%}
        coalesce(activity.{{ metric }}, 0) as {{ metric }},
        {% endfor -%}
        coalesce(activity.credit_amount, 0) - coalesce(activity.debit_amount, 0) as net_flow_amount,
        activity.max_spending_amount,
        round(activity.spending_amount / nullif(activity.purchase_count, 0), 2) as avg_purchase_amount,
        {{ percent_of('activity.declined_count', 'activity.transaction_count') }} as declined_percent,
        {{ percent_of('activity.discretionary_amount', 'activity.spending_amount') }} as discretionary_percent,
        {{ percent_of('activity.active_days', 'months.days_in_month') }} as active_days_percent,
        activity.last_transaction_date,
        cast(coalesce(balances.account_count, 0) as integer) as account_count,
        coalesce(balances.asset_amount, 0) as asset_amount,
        coalesce(balances.debt_amount, 0) as debt_amount,
        cast(coalesce(interactions.interaction_count, 0) as integer) as interaction_count,
        cast(coalesce(interactions.escalated_count, 0) as integer) as escalated_count,
        cast(coalesce(interactions.campaign_contact_count, 0) as integer) as campaign_contact_count,
        round(interactions.avg_satisfaction_rating, 2) as avg_satisfaction_rating,
        cast(coalesce(loans.loan_payment_count, 0) as integer) as loan_payment_count,
        cast(coalesce(loans.late_payment_count, 0) as integer) as late_payment_count,
        coalesce(loans.loan_paid_amount, 0) as loan_paid_amount,
        cast(coalesce(alerts.fraud_alert_count, 0) as integer) as fraud_alert_count,
        coalesce(activity.transaction_count, 0) > 0 as is_transacting,
        {{ dbt.current_timestamp() }} as dw_updated_at,
        {{ build_number() }} as _build_id
    from months
    inner join customers
        on
            months.customer_id = customers.customer_id
            and months.month_over > customers.valid_from
            and months.month_over <= customers.valid_to
    {% for events in ['activity', 'interactions', 'loans', 'alerts', 'balances'] -%}
    left join {{ events }}
        on
            months.customer_id = {{ events }}.customer_id
            and months.month_start_date = {{ events }}.month_start_date
    {% endfor %}
)

{{ differing_rows('final', 'customer_month_key') }}
