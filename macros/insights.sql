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

{% macro replace_all_rows() -%}
    {#- Pre-hook, in the transaction of the insert that follows: what views read is made anew in its place. -#}
    {{- return('delete from ' ~ this if is_incremental() else 'select 1') -}}
{%- endmacro %}
