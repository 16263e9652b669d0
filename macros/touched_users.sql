{#- Whose connected accounts must be looked at again: their rows in the marts are deleted and written anew, all
    of them, since a late booking can undo a match or move every balance after it. -#}

{% macro touched_users() -%}
    {%- set accounts = ref('open_banking_accounts') -%}
    select user_id from {{ accounts }} where _build_id > {{ watermark() }}
    union
    select user_id from {{ ref('open_banking_tags') }} where _build_id > {{ watermark() }}
    {%- for relation in ['base_external_transactions', 'base_balance_snapshots'] %}
    union
    select owners.user_id
    from {{ ref(relation) }} as changed
    inner join {{ accounts }} as owners
        on changed.external_account_id = owners.account_id
    where changed._build_id > {{ watermark() }}
    {%- endfor %}
    union
    select owners.user_id
    from {{ ref('base_transaction_tags') }} as changed
    inner join {{ ref('open_banking_tags') }} as owners
        on changed.tag_id = owners.tag_id
    where changed._build_id > {{ watermark() }}
    -- of what people do at this bank, only what one leg of a transfer can be, or was before it was corrected
    union
    select owners.user_id
    from {{ ref('fact_transactions') }} as changed
    inner join {{ ref('base_transactions') }} as versions
        on changed.transaction_id = versions.transaction_id
    inner join {{ accounts }} as owners
        on versions.customer_id = owners.user_id
    where
        changed._build_id > {{ watermark() }}
        and versions.transaction_type in ('deposit', 'withdrawal')
{%- endmacro %}

{% macro touched_external_transactions() -%}
    {#- Numbers that changed reports on connected accounts are known by: their own, that of the pending report they follow,
        and those of all that follow it too. -#}
    {%- set reports = ref('base_external_transactions') -%}
    {%- for number in ['external_transaction_id', 'pending_transaction_id'] %}
    select {{ number }} as transaction_id
    from {{ reports }}
    where _build_id > {{ watermark() }} and {{ number }} is not null
    union
    select following.external_transaction_id
    from {{ reports }} as following
    inner join {{ reports }} as changed
        on following.pending_transaction_id = changed.{{ number }}
    where changed._build_id > {{ watermark() }}
    {%- if not loop.last %}
    union
    {%- endif %}
    {%- endfor %}
{%- endmacro %}
