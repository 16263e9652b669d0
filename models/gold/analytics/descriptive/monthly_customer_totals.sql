-- grain: one row per calendar month, dimension, group and member of customers
-- Customers as they were at the end of the month (of the running month: on the as-of date).
{{ config(
    materialized='incremental',
    incremental_strategy='append',
    pre_hook="{{ delete_touched('month_start_date', touched_customer_months()) }}"
) }}
{%- set counts = ['customer_count', 'new_customer_count', 'transacting_count', 'transaction_count'] %}
{%- set amounts = ['spending_amount', 'held_amount', 'owed_amount'] %}

with as_of as (
    select as_of_date from {{ ref('as_of_date') }}
),

months as (
    select * from {{ ref('fact_customer_monthly') }}
    {%- if is_incremental() %}
    where month_start_date in ({{ touched_customer_months() }})
    {%- endif %}
),

-- a day as a number (yyyymmdd): between two of them lie 10,000 for each whole year
ends as (
    select
        dates.month_start_date,
        cast({{ date_key('least(dates.month_end_date, as_of.as_of_date)') }} as integer) as end_number,
        {{ evaluate_once() }} as is_numbered
    from {{ ref('dim_date') }} as dates
    cross join as_of
    where dates.is_month_start
),

people as (
    select
        customer_key,
        income_bracket,
        coalesce(state, 'Unknown') as state,
        cast({{ date_key('date_of_birth') }} as integer) as birth_number
    from {{ ref('dim_customer_private') }}
),

segments as (
    select
        month_start_date,
        coalesce(customer_segment, 'Unknown') as member_code,
        count(*) filter (where is_customer_active) as customer_count,
        count(*) filter (where tenure_months = 0) as new_customer_count,
        count(*) filter (where is_transacting) as transacting_count,
        sum(transaction_count) as transaction_count,
        sum(spending_amount) as spending_amount,
        sum(asset_amount) as held_amount,
        sum(debt_amount) as owed_amount
    from months
    group by month_start_date, coalesce(customer_segment, 'Unknown')
),

states as (
    select
        months.month_start_date,
        people.state,
        count(*) filter (where months.is_customer_active) as customer_count,
        sum(months.spending_amount) as spending_amount
    from months
    inner join people
        on months.customer_key = people.customer_key
    group by months.month_start_date, people.state
),

ages as (
    select
        months.month_start_date,
        people.income_bracket,
        {{ age_group('(ends.end_number - people.birth_number) / 10000') }} as age_group,
        count(*) as customer_count
    from months
    inner join ends
        on months.month_start_date = ends.month_start_date
    inner join people
        on months.customer_key = people.customer_key
    where months.is_customer_active
    group by
        months.month_start_date,
        people.income_bracket,
        {{ age_group('(ends.end_number - people.birth_number) / 10000') }}
),

totals as (
    select
        month_start_date,
        'All' as member_code,
        {%- for measure in counts + amounts %}
        sum({{ measure }}) as {{ measure }},
        {%- endfor %}
        count(*) as segment_count
    from segments
    group by month_start_date
),

unioned as (
    {%- for dimension, relation, group_column, member_column, measures in [
        ('total', 'totals', 'null', 'member_code', counts + amounts),
        ('customer_segment', 'segments', 'null', 'member_code', counts + amounts),
        ('state', 'states', 'null', 'state', ['customer_count', 'spending_amount']),
        ('age_and_income', 'ages', 'income_bracket', 'age_group', ['customer_count'])
    ] %}
    select
        '{{ dimension }}' as dimension,
        cast({{ group_column }} as {{ dbt.type_string() }}) as member_group,
        {{ member_column }} as member_code,
        {%- for measure in counts %}
        cast({{ measure if measure in measures else 'null' }} as bigint) as {{ measure }},
        {%- endfor %}
        {%- for measure in amounts %}
        cast({{ measure if measure in measures else 'null' }} as numeric) as {{ measure }},
        {%- endfor %}
        month_start_date
    from {{ relation }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

final as (
    select
        {{ surrogate_key(['month_start_date', 'dimension', 'member_group', 'member_code']) }} as monthly_total_key,
        *,
        {{ build_number() }} as _build_id
    from unioned
)

select * from final
