{#- What new bookings and new versions change: a late transaction moves every balance after it, none before. -#}

{% macro versions_of_new_bookings() -%}
    {#- Every version of the bookings that are new: one may have stood on another day or account before. -#}
    select
        versions.customer_id,
        versions.account_id,
        versions.transaction_at as moved_at
    from {{ ref('fact_transactions') }} as changed
    inner join {{ ref('base_transactions') }} as versions
        on changed.transaction_id = versions.transaction_id
    where changed._build_id > {{ watermark() }} and versions.disposition = 'kept'
{%- endmacro %}

{% macro first_touched_account_month() -%}
    {#- The month from which on monthly_account_totals is to be made anew, as a literal: the last one at least. An account
        counts from the day it was opened; closed it is from a date that may be past. -#}
    {%- if not (execute and is_incremental()) -%}{{ return("cast('1900-01-01' as date)") }}{%- endif -%}
    {%- set question -%}
        with changes as (
            select bookings.moved_at from ({{ versions_of_new_bookings() }}) as bookings
            union all
            select least(
                recorded.updated_at, versions.close_date,
                case when recorded.dbt_valid_from = cast('1900-01-01' as date) then versions.open_date end
            )
            from {{ ref('accounts_snapshot') }} as recorded
            inner join {{ ref('dim_account') }} as versions
                on recorded.account_id = versions.account_id
            where recorded._recorded_build_id > {{ watermark() }}
        ),
        known as (
            select min(month_start_date) as first_month, max(month_start_date) as last_month from {{ this }}
        ),
        touched as (
            select least((select last_month from known), {{ month_of('min(moved_at)') }}) as from_month from changes
        )
        -- of what came before the first month nothing is kept
        select case when touched.from_month > known.first_month then touched.from_month end
        from touched cross join known
    {%- endset -%}
    {{- return("cast('" ~ (asked_once(question) or '1900-01-01') ~ "' as date)") -}}
{%- endmacro %}

{% macro delete_touched_account_months() -%}
    {#- Pre-hook, in the transaction of the insert that follows. -#}
    {%- if not is_incremental() -%}{{ return('select 1') }}{%- endif %}
    delete from {{ this }} where month_start_date >= {{ first_touched_account_month() }}
{%- endmacro %}

{% macro touched_accounts() -%}
    {#- Which accounts account_balance_periods must compute anew, and from which day on. -#}
    select
        account_id,
        min(from_date) as from_date
    from (
        select
            bookings.account_id,
            cast(bookings.moved_at as date) as from_date
        from ({{ versions_of_new_bookings() }}) as bookings
        union all
        -- whole lives where a dimension has another version
        select
            account_id,
            cast('1900-01-01' as date) as from_date
        from {{ ref('dim_account') }}
        where _build_id > {{ watermark() }}
        {%- for dimension, key in [('dim_customer_private', 'customer_id'), ('dim_product', 'product_id')] %}
        union all
        select
            accounts.account_id,
            cast('1900-01-01' as date) as from_date
        from {{ ref(dimension) }} as changed
        inner join {{ ref('dim_account') }} as accounts
            on changed.{{ key }} = accounts.{{ key }}
        where changed._build_id > {{ watermark() }}
        {%- endfor %}
    ) as changes
    group by account_id
{%- endmacro %}

{% macro where_balances_start(openings) -%}
    {#- Where the computation of each account begins: with its opening, or, in an incremental build, with the
        last period before the first change, which stays (it may end elsewhere) and from which the balance is
        carried on. -#}
    {%- if is_incremental() %}
    select
        {{ openings }}.account_id,
        coalesce(known.period_start_date, {{ openings }}.opening_date) as start_date,
        case
            when known.period_start_date > {{ openings }}.opening_date then 0
            else {{ openings }}.opening_balance
        end as opening_balance,
        case
            when known.period_start_date > {{ openings }}.opening_date
                then known.balance_amount - known.change_amount
            else 0
        end as carried_balance
    from {{ openings }}
    left join (
        select
            earlier.account_id,
            max(earlier.period_start_date) as period_start_date
        from {{ this }} as earlier
        inner join ({{ touched_accounts() }}) as touched
            on earlier.account_id = touched.account_id and earlier.period_start_date < touched.from_date
        group by earlier.account_id
    ) as standing
        on {{ openings }}.account_id = standing.account_id
    left join {{ this }} as known
        on
            standing.account_id = known.account_id
            and standing.period_start_date = known.period_start_date
    {%- else %}
    select
        account_id,
        opening_date as start_date,
        opening_balance,
        0 as carried_balance
    from {{ openings }}
    {%- endif %}
{%- endmacro %}

{% macro delete_touched_periods() -%}
    {#- Pre-hook, in the transaction of the merge that follows: a period may have vanished. The last one that
        begins earlier stays; it is where the computation starts. -#}
    {%- if is_incremental() %}
    delete from {{ this }} as known
    where exists (
        select 1 from ({{ touched_accounts() }}) as touched
        where known.account_id = touched.account_id and known.period_start_date >= touched.from_date
    )
    {%- else %}
    select 1
    {%- endif %}
{%- endmacro %}
