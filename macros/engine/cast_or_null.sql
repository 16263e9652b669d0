{% macro cast_or_null(expression, type) -%}
    {#- `expression` (text) as `type`, NULL where it cannot be read as one. Types: bigint, numeric,
        date, timestamp (UTC). Words that a database reads as a moving or endless value
        ('now', 'NaN', 'infinity') are not data: they yield NULL too. Not called `safe_cast`: dbt has
        one of that name, which its unit tests rely on. -#}
    {{- return(adapter.dispatch('cast_or_null', 'financial_analytics')(expression, type)) -}}
{%- endmacro %}

{% macro default__cast_or_null(expression, type) -%}
    try_cast({{ expression }} as {{ dbt.type_timestamp() if type == 'timestamp' else type }})
{%- endmacro %}

{% macro postgres__cast_or_null(expression, type) -%}
    {%- if type in ('date', 'timestamp') -%}
    case
        when substr({{ expression }}, 5, 1) = '-'
            then silver.try_{{ 'timestamptz' if type == 'timestamp' else 'date' }}({{ expression }})
    end
    {%- elif type == 'numeric' -%}
    case
        when upper({{ expression }}) not like '%N%'
            then silver.try_numeric({{ expression }})
    end
    {%- else -%}
    silver.try_{{ type }}({{ expression }})
    {%- endif -%}
{%- endmacro %}
