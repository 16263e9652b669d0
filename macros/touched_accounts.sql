{#- Which accounts account_balance_periods must compute anew, whole lives at a time: a late transaction
    moves every balance after it. -#}

{% macro touched_accounts() -%}
    select transactions.account_id
    from {{ ref('fact_transactions') }} as transactions
    where transactions._build_id > {{ watermark() }}
    union
    select touched.account_id
    from {{ ref('dim_account') }} as touched
    left join {{ ref('dim_customer_private') }} as owners
        on touched.customer_id = owners.customer_id and owners._build_id > {{ watermark() }}
    left join {{ ref('dim_product') }} as kinds
        on touched.product_id = kinds.product_id and kinds._build_id > {{ watermark() }}
    where
        touched._build_id > {{ watermark() }}
        or owners.customer_id is not null
        or kinds.product_id is not null
{%- endmacro %}

{% macro delete_touched_accounts() -%}
    {#- Pre-hook, in the transaction of the insert that follows: a period may have vanished. -#}
    {%- if is_incremental() %}
    delete from {{ this }} where account_id in ({{ touched_accounts() }})
    {%- else %}
    select 1
    {%- endif %}
{%- endmacro %}
