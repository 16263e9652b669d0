{#- Calendar months to compute anew in sums of transactions over all customers. -#}

{% macro touched_transaction_months() -%}
    {#- Months in which something has changed since the last build of `this`: where the fact was written, and
        where a version lies that a correction has moved to another month. -#}
    select cast({{ dbt.date_trunc('month', 'transaction_date') }} as date)
    from {{ ref('fact_transactions') }}
    where _build_id > {{ watermark() }}
    union
    select cast({{ dbt.date_trunc('month', 'transaction_at') }} as date)
    from {{ ref('base_transactions') }}
    where _build_id > {{ watermark() }} and transaction_at is not null
{%- endmacro %}

{% macro is_in_touched_transaction_month(date) -%}
    {#- As ranges of literals: a month computed from the date of each row would be asked of every row there is. -#}
    {%- set months = run_query(touched_transaction_months() ~ ' order by 1').columns[0].values()
        if execute and is_incremental() else [] -%}
    (
        false
        {%- for month in months %}
        or (
            {{ date }} >= cast('{{ month }}' as date)
            and {{ date }} < {{ months_from("cast('" ~ month ~ "' as date)", 1) }}
        )
        {%- endfor %}
    )
{%- endmacro %}

{% macro delete_touched_transaction_months() -%}
    {#- Pre-hook, in the transaction of the insert that follows: a member may have vanished from a month. -#}
    {%- if is_incremental() %}
    delete from {{ this }} where month_start_date in ({{ touched_transaction_months() }})
    {%- else %}
    select 1
    {%- endif %}
{%- endmacro %}

{#- The same by the day. -#}

{% macro touched_transaction_days() -%}
    {#- As a list of literals, so that the index by date leads to these days: a correction reaches back months, and
        between it and today lie days that nothing has touched. -#}
    {%- if not (execute and is_incremental()) -%}{{ return('null') }}{%- endif -%}
    {%- set days -%}
        select transaction_date
        from {{ ref('fact_transactions') }}
        where _build_id > {{ watermark() }}
        union
        select cast(transaction_at as date)
        from {{ ref('base_transactions') }}
        where _build_id > {{ watermark() }} and transaction_at is not null
        order by 1
    {%- endset -%}
    {{- return(date_literals(days)) -}}
{%- endmacro %}

{% macro delete_touched_transaction_days() -%}
    {%- if is_incremental() %}
    delete from {{ this }} where transaction_date in ({{ touched_transaction_days() }})
    {%- else %}
    select 1
    {%- endif %}
{%- endmacro %}

{#- The same for sums over customers. -#}

{% macro touched_customer_months() -%}
    {#- Months in which a customer's month was written, and those that were not over at the last build: on another as-of
        date people are of another age. -#}
    {%- if not (execute and is_incremental()) -%}{{ return('null') }}{%- endif -%}
    {%- set months -%}
        select month_start_date
        from {{ ref('fact_customer_monthly') }}
        where _build_id > {{ watermark() }}
        union
        select month_start_date
        from {{ ref('fact_customer_monthly') }}
        where month_start_date >= {{ month_of("cast('" ~ previous_business_day() ~ "' as date)") }}
        order by 1
    {%- endset -%}
    {{- return(date_literals(months)) -}}
{%- endmacro %}

{% macro delete_touched_customer_months() -%}
    {%- if is_incremental() %}
    delete from {{ this }} where month_start_date in ({{ touched_customer_months() }})
    {%- else %}
    select 1
    {%- endif %}
{%- endmacro %}
