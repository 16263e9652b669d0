-- grain: one row per active customer, category and kind of spending
-- Written anew in every build, in place, since views read it.
{{ config(
    materialized='incremental',
    incremental_strategy='append',
    pre_hook="{{ replace_all_rows() }}"
) }}
{% set line = ['customer_id', 'category_name', 'spending_kind'] %}

with people as (
    select
        *,
        {{ month_of('as_of_date') }} as this_month,
        {{ months_from('period_start_date', -12) }} as previous_start_date
    from {{ ref('financial_health_private') }}
),

levers as (
    select * from {{ ref('savings_levers') }}
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
    -- a budget may be given for what nothing has been spent on yet
    union all
    select
        customer_id,
        category_name,
        'flexible' as spending_kind,
        cast(null as date) as month_start_date,
        'current' as era,
        0 as amount,
        0 as purchase_count,
        0 as purchase_amount,
        0 as weekend_amount,
        0 as late_amount
    from {{ ref('budgets') }}
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
        coalesce(sum(purchase_count) filter (where era = 'period'), 0) as purchase_count,
        sum(purchase_amount) filter (where era = 'period') as purchase_amount,
        sum(weekend_amount) filter (where era = 'period') as weekend_amount,
        sum(late_amount) filter (where era = 'period') as late_amount,
        count(*) filter (where era = 'period') as months_with_spending,
        max(amount) filter (where era = 'period') as highest_month_amount,
        coalesce(sum(amount) filter (where era = 'previous'), 0) as previous_amount,
        coalesce(sum(amount * amount) filter (where era = 'previous'), 0) as previous_squares,
        coalesce(sum(amount) filter (where era = 'current'), 0) as month_to_date_amount
    from months
    group by {{ line | join(', ') }}
),

lines as (
    select
        sums.*,
        people.coverage,
        people.as_of_date,
        people.this_month,
        people.period_start_date,
        people.period_end_date,
        people.months_observed,
        people.income_bracket,
        people.household,
        sum(sums.period_amount) over (partition by sums.customer_id) as all_period_amount,
        1.0 * sums.period_amount / nullif(people.months_observed, 0) as monthly,
        -- what the values compared below are parts of: a month's pay, or its spending where the pay is not seen
        case
            when people.coverage = 'full' then people.monthly_income_amount
            else
                1.0 * sum(sums.period_amount) over (partition by sums.customer_id)
                / nullif(people.months_observed, 0)
        end as value_unit,
        sums.spending_kind = 'flexible'
        or (sums.spending_kind = 'committed' and people.months_observed = 12) as is_comparable,
        -- the year before can be told from this one only where both were seen whole
        people.months_observed = 12
        and people.first_full_month <= people.previous_start_date as has_previous_year
    from sums
    inner join people
        on sums.customer_id = people.customer_id
),

-- ------------------------------------------------ against people of similar income and household
-- of those who spend on it too: shares, so that incomes need not be equal; what recurs only over a whole year, since
-- a part of one holds, by chance, more or fewer of the bills that come every few months
peers as (
    select
        coverage,
        category_name,
        spending_kind,
        income_bracket,
        household,
        grouping(household) + grouping(income_bracket) as peer_width,
        count(*) as peer_count,
        cast(percentile_cont(0.5) within group (order by monthly / value_unit) as numeric) as median_share,
        cast(percentile_cont(0.75) within group (order by monthly / value_unit) as numeric) as upper_quartile_share
    from lines
    where coverage <> 'sparse' and is_comparable and monthly > 0 and value_unit > 0
    group by
        grouping sets (
            (coverage, category_name, spending_kind, income_bracket, household),
            (coverage, category_name, spending_kind, income_bracket),
            (coverage, category_name, spending_kind)
        )
    having count(*) >= {{ var('smallest_peer_group') }}
),

-- the narrowest group that is large enough
nearest as (
    select
        lines.customer_id,
        lines.category_name,
        lines.spending_kind,
        peers.peer_width,
        peers.peer_count,
        peers.median_share,
        peers.upper_quartile_share,
        row_number() over (
            partition by lines.customer_id, lines.category_name, lines.spending_kind order by peers.peer_width
        ) as place
    from lines
    inner join peers
        on
            lines.coverage = peers.coverage
            and lines.category_name = peers.category_name
            and lines.spending_kind = peers.spending_kind
            and (peers.peer_width = 2 or lines.income_bracket = peers.income_bracket)
            and (peers.peer_width > 0 or lines.household = peers.household)
    where lines.is_comparable
),

compared as (
    select
        lines.*,
        case nearest.peer_width
            when 0 then 'income ' || lines.income_bracket || ', ' || lines.household
            when 1 then 'income ' || lines.income_bracket || ', any household'
            when 2 then 'any income and household'
        end as peer_group,
        nearest.peer_count,
        nearest.median_share * lines.value_unit as peer_median,
        nearest.upper_quartile_share * lines.value_unit as peer_upper_quartile,
        case when lines.has_previous_year then lines.previous_amount / 12 end as previous,
        -- standard error of the difference between two means of twelve months, silent ones included
        sqrt(greatest(
            (lines.period_squares - lines.period_amount * lines.period_amount / 12)
            + (lines.previous_squares - lines.previous_amount * lines.previous_amount / 12), 0
        ) / (11 * 12)) as standard_error
    from lines
    left join nearest
        on
            lines.customer_id = nearest.customer_id
            and lines.category_name = nearest.category_name
            and lines.spending_kind = nearest.spending_kind
            and nearest.place = 1
),

judged as (
    select
        compared.*,
        levers.lever_code,
        levers.lever_kind,
        levers.replacement_percent,
        coalesce(
            compared.monthly > compared.previous
            and compared.monthly - compared.previous > 3 * compared.standard_error, false
        ) as is_increase,
        coalesce(compared.monthly > compared.peer_upper_quartile, false) as is_above_peers
    from compared
    left join levers
        on
            compared.category_name = levers.category_name
            and compared.spending_kind = levers.spending_kind
),

-- back to the nearer of the levels that were exceeded; fees can be avoided altogether
referred as (
    select
        *,
        case
            when lever_kind = 'fee' then 'avoidable'
            when lever_kind is null or months_observed < 3 then null
            when spending_kind = 'flexible' and purchase_count < 4 then null
            when is_increase and (not is_above_peers or previous >= peer_upper_quartile) then 'own history'
            when is_above_peers then 'peers'
        end as reference_basis
    from judged
),

targeted as (
    select
        *,
        round(case reference_basis
            when 'avoidable' then 0
            when 'own history' then previous
            when 'peers' then peer_upper_quartile
        end, 2) as reference
    from referred
),

saved as (
    select
        *,
        round((round(monthly, 2) - reference) * (1 - replacement_percent / 100), 2) as saving
    from targeted
),

-- ------------------------------------------------ the month that runs
-- a bill is due when its time has passed since the last one; one that is overdue for as long again has ended
expected as (
    select
        saved.*,
        case
            when saved.spending_kind = 'committed'
                then round(1.0 * saved.period_amount / nullif(saved.months_with_spending, 0), 2)
        end as usual_bill_amount,
        bills.bill_interval_months,
        coalesce(
            saved.months_with_spending > 0
            and {{ dbt.datediff('bills.last_month', 'saved.this_month', 'month') }} >= bills.bill_interval_months
            and {{ dbt.datediff('bills.last_month', 'saved.this_month', 'month') }} <= 2 * bills.bill_interval_months,
            false
        ) as is_bill_due,
        {{ dbt.datediff('saved.as_of_date', months_from('saved.this_month', 1), 'day') }} - 1 as days_left,
        {{ dbt.datediff('saved.this_month', months_from('saved.this_month', 1), 'day') }} as days_in_month
    from saved
    left join bills
        on
            saved.customer_id = bills.customer_id
            and saved.category_name = bills.category_name
            and saved.spending_kind = 'committed'
),

final as (
    select
        ---------- what
        {{ surrogate_key(['expected.customer_id', 'expected.category_name', 'expected.spending_kind']) }}
            as person_spending_key,
        expected.customer_id,
        expected.category_name,
        categories.category_group,
        expected.spending_kind,
        expected.as_of_date,
        expected.period_start_date,
        expected.period_end_date,
        expected.months_observed,
        ---------- the last twelve complete months
        expected.period_amount,
        round(expected.monthly, 2) as monthly_amount,
        {{ percent_of('expected.period_amount', 'expected.all_period_amount') }} as share_of_spending_percent,
        cast(expected.purchase_count as integer) as purchase_count,
        round(expected.purchase_amount / nullif(expected.purchase_count, 0), 2) as avg_purchase_amount,
        cast(expected.months_with_spending as integer) as months_with_spending,
        expected.highest_month_amount,
        {{ percent_of('coalesce(expected.weekend_amount, 0)', 'expected.period_amount') }} as weekend_percent,
        {{ percent_of('coalesce(expected.late_amount, 0)', 'expected.period_amount') }} as evening_night_percent,
        ---------- the twelve months before
        round(expected.previous, 2) as previous_monthly_amount,
        round(expected.monthly, 2) - round(expected.previous, 2) as change_amount,
        {{ trend_direction(percent_change('expected.monthly', 'expected.previous')) }} as trend_direction,
        expected.is_increase,
        ---------- people of similar income and household
        expected.peer_group,
        cast(expected.peer_count as integer) as peer_count,
        round(expected.peer_median, 2) as peer_median_amount,
        round(expected.peer_upper_quartile, 2) as peer_upper_quartile_amount,
        expected.is_above_peers,
        ---------- what can be saved
        expected.lever_code,
        expected.reference_basis,
        expected.reference as reference_amount,
        case
            when
                expected.saving >= {{ var('smallest_saving') }}
                or (expected.lever_kind = 'fee' and expected.saving > 0)
                then expected.saving
            else 0
        end as monthly_saving_amount,
        ---------- the month that runs
        expected.month_to_date_amount,
        expected.usual_bill_amount,
        cast(expected.bill_interval_months as integer) as bill_interval_months,
        expected.is_bill_due,
        case
            when expected.spending_kind = 'fraud' or expected.months_observed < 3 then 0
            when expected.spending_kind = 'flexible' then greatest(round(expected.monthly, 2), 0)
            when expected.is_bill_due then expected.usual_bill_amount
            -- of one bill nobody knows when the next one comes: it is taken as it comes
            when expected.bill_interval_months is null
                then greatest(least(expected.month_to_date_amount, expected.usual_bill_amount), 0)
            else 0
        end as history_budget_amount,
        case
            when expected.months_observed < 3 then 0
            when expected.spending_kind = 'flexible'
                then greatest(round(1.0 * expected.monthly * expected.days_left / expected.days_in_month, 2), 0)
            when expected.is_bill_due then greatest(expected.usual_bill_amount - expected.month_to_date_amount, 0)
            else 0
        end as expected_rest_amount,
        category_months.category_highest_amount,
        coalesce(
            expected.months_observed >= 3
            and 2 * category_months.category_months >= expected.months_observed, false
        ) as has_history_budget,
        cast(budgets.budget_amount as numeric) as explicit_budget_amount,
        ---------- load
        {{ dbt.current_timestamp() }} as dw_updated_at,
        {{ build_number() }} as _build_id
    from expected
    inner join categories
        on expected.category_name = categories.category_name
    left join category_months
        on
            expected.customer_id = category_months.customer_id
            and expected.category_name = category_months.category_name
    left join {{ ref('budgets') }} as budgets
        on expected.customer_id = budgets.customer_id and expected.category_name = budgets.category_name
)

select * from final
order by customer_id, category_name, spending_kind
