-- grain: one row per active customer, category and kind of spending
-- What a person's own bookings say; made anew only for whom they or the months they are told for have changed.
-- depends_on: {{ ref('fact_transactions') }}
{{ config(
    materialized='incremental',
    incremental_strategy='append',
    pre_hook="{{ delete_touched_spending() }}"
) }}
{% set touched = touched_spenders() %}
{% set line = ['customer_id', 'category_name', 'spending_kind'] %}

with people as (
    select
        *,
        {{ months_from(month_of('period_end_date'), 1) }} as this_month,
        {{ months_from('period_start_date', -12) }} as previous_start_date
    from {{ ref('financial_health_private') }}
    {%- if touched %}
    where customer_id in ({{ touched }})
    {%- endif %}
),

categories as (
    select distinct
        category_name,
        category_group
    from {{ ref('spending_categories') }}
),

-- two years of complete months and the one that runs; fraud is spending, but no habit
bookings as (
    select
        customer_id,
        category_name,
        {{ month_of('transaction_date') }} as month_start_date,
        case
            when is_fraud then 'fraud'
            when is_recurring then 'committed'
            else 'flexible'
        end as spending_kind,
        spending_amount,
        is_refund,
        is_weekend,
        time_of_day
    from {{ ref('fact_transactions') }}
    where
        is_spending
        and transaction_date >= {{ months_from(month_of(as_of_day()), -24) }}
        and transaction_date <= {{ as_of_day() }}
        {%- if touched %}
        and customer_id in (select people.customer_id from people)
        {%- endif %}
),

months as (
    select
        bookings.customer_id,
        bookings.category_name,
        bookings.spending_kind,
        bookings.month_start_date,
        case
            when bookings.month_start_date = people.this_month then 'current'
            when bookings.month_start_date >= people.period_start_date then 'period'
            else 'previous'
        end as era,
        sum(bookings.spending_amount) as amount,
        count(*) filter (where not bookings.is_refund) as purchase_count,
        sum(bookings.spending_amount) filter (where not bookings.is_refund) as purchase_amount,
        sum(bookings.spending_amount) filter (where bookings.is_weekend) as weekend_amount,
        sum(bookings.spending_amount) filter (where bookings.time_of_day in ('evening', 'night')) as late_amount
    from bookings
    inner join people
        on bookings.customer_id = people.customer_id
    where bookings.month_start_date = people.this_month or bookings.month_start_date >= people.previous_start_date
    group by
        bookings.customer_id, bookings.category_name, bookings.spending_kind, bookings.month_start_date,
        people.this_month, people.period_start_date
),

category_months as (
    select
        customer_id,
        category_name,
        max(amount) as category_highest_amount,
        count(*) as category_months
    from (
        select
            customer_id,
            category_name,
            sum(amount) as amount
        from months
        where era = 'period'
        group by customer_id, category_name, month_start_date
    ) as monthly
    group by customer_id, category_name
),

-- the shortest time between two bills is their rhythm: one that was declined or late leaves a longer gap
bills as (
    select
        customer_id,
        category_name,
        min({{ dbt.datediff('previous_month', 'month_start_date', 'month') }}) as bill_interval_months,
        max(month_start_date) as last_month
    from (
        select
            customer_id,
            category_name,
            month_start_date,
            lag(month_start_date) over (partition by customer_id, category_name order by month_start_date)
                as previous_month
        from months
        where spending_kind = 'committed' and era <> 'current'
    ) as bill_months
    group by customer_id, category_name
),

sums as (
    select
        {{ line | join(', ') }},
        coalesce(sum(amount) filter (where era = 'period'), 0) as period_amount,
        coalesce(sum(amount * amount) filter (where era = 'period'), 0) as period_squares,
        cast(coalesce(sum(purchase_count) filter (where era = 'period'), 0) as integer) as purchase_count,
        sum(purchase_amount) filter (where era = 'period') as purchase_amount,
        sum(weekend_amount) filter (where era = 'period') as weekend_amount,
        sum(late_amount) filter (where era = 'period') as late_amount,
        cast(count(*) filter (where era = 'period') as integer) as months_with_spending,
        max(amount) filter (where era = 'period') as highest_month_amount,
        coalesce(sum(amount) filter (where era = 'previous'), 0) as previous_amount,
        coalesce(sum(amount * amount) filter (where era = 'previous'), 0) as previous_squares,
        coalesce(sum(amount) filter (where era = 'current'), 0) as month_to_date_amount
    from months
    group by {{ line | join(', ') }}
),

final as (
    select
        {{ surrogate_key(['sums.customer_id', 'sums.category_name', 'sums.spending_kind']) }} as person_spending_key,
        sums.*,
        sum(sums.period_amount) over (partition by sums.customer_id) as all_period_amount,
        categories.category_group,
        cast(bills.bill_interval_months as integer) as bill_interval_months,
        bills.last_month as last_bill_month,
        category_months.category_highest_amount,
        cast(coalesce(category_months.category_months, 0) as integer) as category_months,
        {{ as_of_day() }} as _as_of_date,
        {{ build_number() }} as _build_id
    from sums
    left join categories
        on sums.category_name = categories.category_name
    left join category_months
        on
            sums.customer_id = category_months.customer_id
            and sums.category_name = category_months.category_name
    left join bills
        on
            sums.customer_id = bills.customer_id
            and sums.category_name = bills.category_name
            and sums.spending_kind = 'committed'
)

select * from final
order by {{ line | join(', ') }}
