{#- Rules of the insights for people (gold/insights): see docs/decisions/0020. -#}

{% macro household(dependents, marital_status) -%}
    {#- Who lives from the income: what people of similar income are told apart by. -#}
    case
        when {{ dependents }} > 0 then 'with children'
        when {{ marital_status }} = 'Married' then 'couple'
        else 'single'
    end
{%- endmacro %}

{% macro health_components() -%}
    {#- What the financial health score is made of: measure: [weight, value that scores 0, value that scores 100]. -#}
    {{- return({
        'savings_rate': ['savings_rate_percent', 30, 0, 20],
        'buffer': ['buffer_months', 25, 0, 3],
        'debt_service': ['debt_service_percent', 20, 43, 20],
        'punctuality': ['late_payment_percent', 15, 25, 0],
        'balance': ['discretionary_percent', 10, 60, 30],
    }) -}}
{%- endmacro %}

{% macro linear_score(value, at_0, at_100) -%}
    {#- 0 to 100 on a straight line between two values, either of which may be the larger; NULL stays NULL. -#}
    case
        when {{ value }} is not null
            then round(least(greatest(100.0 * ({{ value }} - {{ at_0 }}) / ({{ at_100 }} - {{ at_0 }}), 0), 100), 1)
    end
{%- endmacro %}

{% macro health_grade(score) -%}
    case
        when {{ score }} >= 90 then 'A'
        when {{ score }} >= 75 then 'B'
        when {{ score }} >= 60 then 'C'
        when {{ score }} >= 45 then 'D'
        when {{ score }} < 45 then 'F'
        else 'NOT RATED'
    end
{%- endmacro %}

{% macro ratio_reading(ratio) -%}
    {#- How the ratio of essential to discretionary spending is read. -#}
    case
        when {{ ratio }} > 1 then 'disciplined'
        when {{ ratio }} >= 0.5 then 'balanced'
        when {{ ratio }} < 0.5 then 'discretionary-heavy'
        else 'no discretionary spending'
    end
{%- endmacro %}

{% macro month_of(day) -%}
    cast({{ dbt.date_trunc('month', day) }} as date)
{%- endmacro %}

{% macro months_from(month, number) -%}
    cast({{ dbt.dateadd('month', number, month) }} as date)
{%- endmacro %}

{#- What is told of people changes for few of them from day to day. The pre-hooks delete it, in the transaction of the
    insert that follows; the models make what is then not there. -#}

{% macro delete_touched_people() -%}
    {#- Whose months or description changed, and everybody when a month is over. -#}
    {%- if not is_incremental() -%}{{ return('select 1') }}{%- endif %}
    delete from {{ this }}
    where
        period_end_date <> (
            select {{ dbt.dateadd('day', -1, month_of('as_of.as_of_date')) }} from {{ ref('as_of_date') }} as as_of
        )
        {%- for relation in ['fact_customer_monthly', 'dim_customer_private'] %}
        or customer_id in (
            select changed.customer_id from {{ ref(relation) }} as changed where changed._build_id > {{ watermark() }}
        )
        {%- endfor %}
{%- endmacro %}

{% macro touched_spenders() -%}
    {#- Who was made anew, or has bookings between the as-of date then and now; none, that is everybody, where that date
        has gone back. -#}
    {%- if not (execute and is_incremental()) -%}{{ return(none) }}{%- endif -%}
    {%- set then = asked_once('select max(_as_of_date) from ' ~ this) -%}
    {%- if not then or asked_once("select cast('" ~ then ~ "' as date) > " ~ as_of_day()) -%}{{ return(none) }}{%- endif %}
    select people.customer_id from {{ ref('financial_health_private') }} as people
    where people._build_id > {{ watermark() }}
    union
    select bookings.customer_id from {{ ref('fact_transactions') }} as bookings
    where
        bookings.transaction_date <= {{ as_of_day() }}
        and bookings.transaction_date > cast('{{ then }}' as date)
{%- endmacro %}

{% macro delete_touched_spending() -%}
    {#- Of those, and of people who are no customers any more. -#}
    {%- if not is_incremental() -%}{{ return('select 1') }}{%- endif %}
    delete from {{ this }}
    where
        customer_id in ({{ touched_spenders() or 'select customer_id from ' ~ this }})
        or customer_id not in (select people.customer_id from {{ ref('financial_health_private') }} as people)
{%- endmacro %}

{% macro delete_lines_that_ended() -%}
    {#- Of person_spending: what is neither spent on nor has a budget any more. -#}
    {%- if not is_incremental() -%}{{ return('select 1') }}{%- endif %}
    delete from {{ this }} as known
    where
        not exists (
            select 1 from {{ ref('person_spending_sums') }} as sums
            where known.person_spending_key = sums.person_spending_key
        )
        and (
            known.spending_kind <> 'flexible'
            or not exists (
                select 1 from {{ ref('budgets') }} as budgets
                inner join {{ ref('financial_health_private') }} as people
                    on budgets.customer_id = people.customer_id
                where known.customer_id = budgets.customer_id and known.category_name = budgets.category_name
            )
        )
{%- endmacro %}
