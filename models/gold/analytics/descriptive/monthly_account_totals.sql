-- grain: one row per calendar month, product and account status
-- Accounts and balances at the end of the month (of the running month: on the as-of date). What begins and
-- what ends in a month is summed and then run up from the month before, which reads every period once and no day of it.
-- depends_on: {{ ref('base_transactions') }}
-- depends_on: {{ ref('fact_transactions') }}
-- depends_on: {{ ref('accounts_snapshot') }}
{{ config(
    materialized='incremental',
    incremental_strategy='append',
    pre_hook="{{ delete_touched_account_months() }}"
) }}
{%- set from_month = first_touched_account_month() %}

with months as (
    select distinct month_start_date from {{ ref('fact_customer_monthly') }}
    where month_start_date >= {{ from_month }}
),

begun as (
    select min(month_start_date) as first_month from months
),

accounts as (
    select
        product_id,
        account_status,
        case when effective_date = cast('1900-01-01' as date) then open_date else effective_date end as start_date,
        end_date
    from {{ ref('dim_account') }}
),

-- the large table is read once; what begins and ends within a month is there at the end of none
spans as (
    select
        product_id,
        account_status,
        {{ month_of('period_start_date') }} as start_month,
        {{ month_of('period_end_date') }} as end_month,
        sum(case when balance_amount > 0 then balance_amount else 0 end) as held_amount,
        sum(case when balance_amount < 0 then -balance_amount else 0 end) as owed_amount
    from {{ ref('account_balance_periods') }}
    where
        period_end_date >= {{ from_month }}
        and {{ month_of('period_start_date') }} <> {{ month_of('period_end_date') }}
    group by product_id, account_status, {{ month_of('period_start_date') }}, {{ month_of('period_end_date') }}
),

steps as (
    {%- for edge, sign in [('start', '+'), ('end', '-')] %}
    select
        product_id,
        account_status,
        {{ month_of(edge ~ '_date') }} as month_start_date,
        0 {{ sign }} count(*) as account_count,
        0 as held_amount,
        0 as owed_amount
    from accounts
    where {{ edge }}_date >= {{ from_month }}
    group by product_id, account_status, {{ month_of(edge ~ '_date') }}
    union all
    select
        product_id,
        account_status,
        {{ edge }}_month as month_start_date,
        0 as account_count,
        0 {{ sign }} held_amount as held_amount,
        0 {{ sign }} owed_amount as owed_amount
    from spans
    where {{ edge }}_month >= {{ from_month }}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
    {%- if is_incremental() %}
    union all
    select
        product_id,
        account_status,
        month_start_date,
        account_count,
        held_amount,
        owed_amount
    from {{ this }}
    where month_start_date = {{ months_from(from_month, -1) }}
    {%- endif %}
),

-- what was there before the first month is there in the first month
monthly_steps as (
    select
        steps.product_id,
        steps.account_status,
        greatest(steps.month_start_date, begun.first_month) as month_start_date,
        sum(steps.account_count) as account_count,
        sum(steps.held_amount) as held_amount,
        sum(steps.owed_amount) as owed_amount
    from steps
    cross join begun
    group by steps.product_id, steps.account_status, greatest(steps.month_start_date, begun.first_month)
),

series as (
    select distinct
        product_id,
        account_status
    from monthly_steps
),

levels as (
    select
        months.month_start_date,
        series.product_id,
        series.account_status,
        sum(coalesce(monthly_steps.account_count, 0)) over running as account_count,
        sum(coalesce(monthly_steps.held_amount, 0)) over running as held_amount,
        sum(coalesce(monthly_steps.owed_amount, 0)) over running as owed_amount
    from months
    cross join series
    left join monthly_steps
        on
            months.month_start_date = monthly_steps.month_start_date
            and series.product_id = monthly_steps.product_id
            and series.account_status = monthly_steps.account_status
    window running as (partition by series.product_id, series.account_status order by months.month_start_date)
),

final as (
    select
        {{ surrogate_key(['month_start_date', 'product_id', 'account_status']) }} as monthly_total_key,
        month_start_date,
        product_id,
        account_status,
        cast(account_count as bigint) as account_count,
        held_amount,
        owed_amount,
        {{ build_number() }} as _build_id
    from levels
    where account_count > 0 or held_amount > 0 or owed_amount > 0
)

select * from final
