{#- What a transaction is: one place for the rules that several layers apply. -#}

{% macro money_leaves(type) -%}
    {{ type }} in ('purchase', 'withdrawal', 'transfer_out', 'card_payment', 'loan_payment', 'fee')
{%- endmacro %}

{% macro money_arrives(type) -%}
    {{ type }} in (
        'refund', 'salary', 'deposit', 'transfer_in', 'card_payment_received', 'loan_disbursement', 'interest'
    )
{%- endmacro %}

{% macro is_known_type(type) -%}
    {#- Only of these types is known which sign the amount must have, and what it counts as. -#}
    coalesce({{ money_leaves(type) }} or {{ money_arrives(type) }}, false)
{%- endmacro %}

{% macro is_spending(type) -%}
    {#- Purchases and fees, less refunds. Transfers between own accounts, card and loan payments and
        cash withdrawals move money without spending it. Declined ones never count: see is_approved. -#}
    {{ type }} in ('purchase', 'refund', 'fee')
{%- endmacro %}

{% macro quality_score(amount, date, person, description, location, category) -%}
    {#- 0-100 per row: what a delivered row lacks. The arguments are expressions that are NULL when
        the part is missing or unreadable. -#}
    100
    - case when {{ amount }} is null then 30 else 0 end
    - case when {{ date }} is null then 30 else 0 end
    - case when {{ person }} is null then 20 else 0 end
    - case when {{ description }} is null then 10 else 0 end
    - case when {{ location }} is null then 5 else 0 end
    - case when {{ category }} is null then 5 else 0 end
{%- endmacro %}
