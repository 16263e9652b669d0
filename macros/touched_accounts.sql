{#- Which accounts account_balance_periods must compute anew, and from which day on: a late transaction
    moves every balance after it, none before. -#}

{% macro touched_accounts() -%}
    select
        account_id,
        min(from_date) as from_date
    from (
        -- every version of the bookings that are new: one may have stood on another day or account before
        select
            versions.account_id,
            cast(versions.transaction_at as date) as from_date
        from {{ ref('fact_transactions') }} as changed
        inner join {{ ref('base_transactions') }} as versions
            on changed.transaction_id = versions.transaction_id
        where changed._build_id > {{ watermark() }} and versions.disposition = 'kept'
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
