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

{% macro touched_measure_months() -%}
    {#- Months of which a sum was made anew, those without transactions (all may be gone), and those that show a member
        under what it no longer belongs to. -#}
    {%- if not (execute and is_incremental()) -%}{{ return('null') }}{%- endif -%}
    {%- set sources = [ref('monthly_transaction_totals'), ref('monthly_customer_totals'), ref('monthly_account_totals')] -%}
    {%- set months -%}
        {%- for relation in sources %}
        select month_start_date from {{ relation }} where _build_id > {{ watermark() }}
        union
        {%- endfor %}
        select known.month_start_date
        from {{ this }} as known
        where not exists (
            select 1
            from {{ sources[0] }} as totals
            where totals.month_start_date = known.month_start_date
        )
        {%- for relation, key, category in [
            (ref('dim_product'), 'product_id', 'product_category'), (ref('dim_merchant'), 'merchant_id', 'category')
        ] %}
        union
        select known.month_start_date
        from {{ relation }} as members
        inner join {{ this }} as known
            on known.member_code = cast(members.{{ key }} as {{ dbt.type_string() }})
        where
            members.is_current
            and members._build_id > {{ watermark() }}
            and known.dimension = '{{ key | replace('_id', '') }}'
            and known.parent_member is distinct from members.{{ category }}
        {%- endfor %}
        order by 1
    {%- endset -%}
    {{- return(date_literals(months)) -}}
{%- endmacro %}
