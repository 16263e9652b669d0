-- grain: one row per active customer, category and kind of spending
-- Every line is judged anew, since the peers are all others; few come out otherwise than they were, and only those
-- are written.
{{ config(unique_key='person_spending_key', materialized='incremental', pre_hook="{{ delete_lines_that_ended() }}") }}
{% set line = ['customer_id', 'category_name', 'spending_kind'] %}
{% set measures = [
    'period_amount', 'period_squares', 'purchase_count', 'purchase_amount', 'weekend_amount', 'late_amount',
    'months_with_spending', 'previous_amount', 'previous_squares', 'month_to_date_amount'
] %}

with people as (
    select
        *,
        {{ months_from(month_of('period_end_date'), 1) }} as this_month,
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

-- what has been spent, and what a budget is given for though nothing has been spent on it yet
sums as (
    select
        person_spending_key,
        {{ (line + measures) | join(', ') }},
        all_period_amount,
        category_group,
        highest_month_amount,
        bill_interval_months,
        last_bill_month,
        category_highest_amount,
        category_months
    from {{ ref('person_spending_sums') }}
    union all
    select
        {{ surrogate_key(['budgets.customer_id', 'budgets.category_name', "'flexible'"]) }} as person_spending_key,
        budgets.customer_id,
        budgets.category_name,
        'flexible' as spending_kind,
        {%- for measure in measures %}
        0 as {{ measure }},
        {%- endfor %}
        coalesce(max(others.all_period_amount), 0) as all_period_amount,
        max(categories.category_group) as category_group,
        cast(null as numeric) as highest_month_amount,
        cast(null as integer) as bill_interval_months,
        cast(null as date) as last_bill_month,
        max(others.category_highest_amount) filter (where others.category_name = budgets.category_name)
            as category_highest_amount,
        coalesce(max(others.category_months) filter (where others.category_name = budgets.category_name), 0)
            as category_months
    from {{ ref('budgets') }} as budgets
    inner join categories
        on budgets.category_name = categories.category_name
    left join {{ ref('person_spending_sums') }} as others
        on budgets.customer_id = others.customer_id
    group by budgets.customer_id, budgets.category_name
    having
        count(*) filter (
            where others.category_name = budgets.category_name and others.spending_kind = 'flexible'
        ) = 0
),

lines as (
    select
        sums.*,
        people.coverage,
        people.this_month,
        people.period_start_date,
        people.period_end_date,
        people.months_observed,
        people.income_bracket,
        people.household,
        -- one key, since by five columns the planner joins on the first and compares the others millions of times
        {{ surrogate_key([
            'people.coverage', 'sums.category_name', 'sums.spending_kind', 'people.income_bracket', 'people.household'
        ]) }} as alike_key,
        1.0 * sums.period_amount / nullif(people.months_observed, 0) as monthly,
        -- what the values compared below are parts of: a month's pay, or its spending where the pay is not seen
        case
            when people.coverage = 'full' then people.monthly_income_amount
            else 1.0 * sums.all_period_amount / nullif(people.months_observed, 0)
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

-- for everyone of an income and household the narrowest group that is large enough
alike as (
    select distinct
        alike_key,
        coverage,
        category_name,
        spending_kind,
        income_bracket,
        household
    from lines
    where is_comparable
),

nearest as (
    select
        alike.alike_key,
        alike.income_bracket,
        alike.household,
        peers.peer_width,
        peers.peer_count,
        peers.median_share,
        peers.upper_quartile_share,
        row_number() over (partition by alike.alike_key order by peers.peer_width) as place
    from alike
    inner join peers
        on
            alike.coverage = peers.coverage
            and alike.category_name = peers.category_name
            and alike.spending_kind = peers.spending_kind
            and (peers.peer_width = 2 or alike.income_bracket = peers.income_bracket)
            and (peers.peer_width > 0 or alike.household = peers.household)
),

compared as (
    select
        lines.*,
        case nearest.peer_width
            when 0 then 'income ' || nearest.income_bracket || ', ' || nearest.household
            when 1 then 'income ' || nearest.income_bracket || ', any household'
            when 2 then 'any income and household'
        end as peer_group,
        nearest.peer_count,
        nearest.median_share,
        nearest.upper_quartile_share,
        case when lines.has_previous_year then lines.previous_amount / 12 end as previous,
        -- standard error of the difference between two means of twelve months, silent ones included
        sqrt(greatest(
            (lines.period_squares - lines.period_amount * lines.period_amount / 12)
            + (lines.previous_squares - lines.previous_amount * lines.previous_amount / 12), 0
        ) / (11 * 12)) as standard_error
    from lines
    left join nearest
        on
            lines.is_comparable
            and lines.alike_key = nearest.alike_key
            and nearest.place = 1
),

judged as (
    select
        compared.*,
        levers.lever_code,
        levers.lever_kind,
        levers.replacement_percent,
        compared.median_share * compared.value_unit as peer_median,
        compared.upper_quartile_share * compared.value_unit as peer_upper_quartile,
        coalesce(
            compared.monthly > compared.previous
            and compared.monthly - compared.previous > 3 * compared.standard_error, false
        ) as is_increase,
        coalesce(compared.monthly > compared.upper_quartile_share * compared.value_unit, false) as is_above_peers
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
        *,
        case
            when spending_kind = 'committed' then round(1.0 * period_amount / nullif(months_with_spending, 0), 2)
        end as usual_bill_amount,
        coalesce(
            months_with_spending > 0
            and {{ dbt.datediff('last_bill_month', 'this_month', 'month') }} >= bill_interval_months
            and {{ dbt.datediff('last_bill_month', 'this_month', 'month') }} <= 2 * bill_interval_months,
            false
        ) as is_bill_due
    from saved
),

final as (
    select
        ---------- what
        expected.person_spending_key,
        expected.customer_id,
        expected.category_name,
        expected.category_group,
        expected.spending_kind,
        expected.period_start_date,
        expected.period_end_date,
        expected.months_observed,
        ---------- the last twelve complete months
        expected.period_amount,
        round(expected.monthly, 2) as monthly_amount,
        {{ percent_of('expected.period_amount', 'expected.all_period_amount') }} as share_of_spending_percent,
        expected.purchase_count,
        round(expected.purchase_amount / nullif(expected.purchase_count, 0), 2) as avg_purchase_amount,
        expected.months_with_spending,
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
        expected.bill_interval_months,
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
        expected.category_highest_amount,
        coalesce(
            expected.months_observed >= 3
            and 2 * expected.category_months >= expected.months_observed, false
        ) as has_history_budget,
        cast(budgets.budget_amount as numeric) as explicit_budget_amount,
        ---------- load
        {{ dbt.current_timestamp() }} as dw_updated_at,
        {{ build_number() }} as _build_id
    from expected
    left join {{ ref('budgets') }} as budgets
        on expected.customer_id = budgets.customer_id and expected.category_name = budgets.category_name
    -- what has no category is part of a person's spending, but nobody's line
    where expected.category_group is not null
)

{{ differing_rows('final', 'person_spending_key') }}
order by customer_id, category_name, spending_kind
