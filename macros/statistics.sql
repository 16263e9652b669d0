{#- What the statistical models share. Sums over rows are `numeric`, so that their order cannot change a
    digit; only results go through functions of floating-point numbers. -#}

{% macro touched_customers(relations) -%}
    {#- Customers about whom one of the relations has received rows since the last build of this one. -#}
    {%- for relation in relations %}
    select customer_id from {{ relation }}
    where _build_id > {{ watermark() }}
    {%- if not loop.last %}
    union
    {%- endif %}
    {%- endfor %}
{%- endmacro %}

{% macro delete_touched_customers(relations) -%}
    {#- Pre-hook, in the transaction of the insert that follows: a row may have vanished. -#}
    {%- if is_incremental() %}
    delete from {{ this }} where customer_id in ({{ touched_customers(relations) }})
    {%- else %}
    select 1
    {%- endif %}
{%- endmacro %}

{% macro as_float(value) -%}
    cast({{ value }} as {{ dbt.type_float() }})
{%- endmacro %}

{% macro logarithm(value) -%}
    {#- Exact to the sixth decimal, and adding up the same in any order. -#}
    round(cast(ln({{ as_float('nullif(' ~ value ~ ', 0)') }}) as numeric), 6)
{%- endmacro %}

{% macro is_unscheduled(transactions) -%}
    {#- What people decide to buy or draw, day by day: purchases that do not recur, and cash from a machine.
        Declined ones count, because a decline depends on the amount. -#}
    not {{ transactions }}.is_recurring and (
        {{ transactions }}.transaction_type = 'purchase'
        or ({{ transactions }}.transaction_type = 'withdrawal' and {{ transactions }}.channel = 'ATM')
    )
{%- endmacro %}

{% macro is_declined_for_money(transactions) -%}
    {{ transactions }}.decline_reason in ('insufficient_funds', 'limit_exceeded')
{%- endmacro %}

{% macro touched_months() -%}
    {#- Customer months that the newest build wrote anew, and those of customers with news about credit,
        which fact_customer_monthly does not read. -#}
    select customer_month_key from {{ ref('fact_customer_monthly') }}
    where
        _build_id > {{ watermark() }}
        or customer_id in ({{ touched_customers([ref('fact_credit_applications')]) }})
{%- endmacro %}

{% macro delete_touched_months() -%}
    {#- Pre-hook, in the transaction of the insert that follows: a month may no longer count. -#}
    {%- if is_incremental() %}
    delete from {{ this }} where customer_month_key in ({{ touched_months() }})
    {%- else %}
    select 1
    {%- endif %}
{%- endmacro %}

{% macro significant(value, digits=9) -%}
    {#- Rounded to so many digits that count: a sum of floating-point numbers in another order is the same. -#}
    case
        when {{ value }} = 0 then 0
        else round(cast({{ value }} as numeric), cast({{ digits - 1 }} - floor(log(abs(cast({{ value }} as numeric)))) as integer))
    end
{%- endmacro %}
