{#- Reading text: every macro takes a column of bronze and yields NULL where there is nothing to read.
    The plain cast comes first; the costly reading of other formats is for the rows that fail it. -#}

{% macro clean_text(column) -%}
    nullif(trim({{ column }}), '')
{%- endmacro %}

{% macro clean_integer(column) -%}
    {{ cast_or_null(column, 'bigint') }}
{%- endmacro %}

{% macro clean_numeric(column) -%}
    {{ cast_or_null(column, 'numeric') }}
{%- endmacro %}

{% macro clean_boolean(column) -%}
    case
        when lower(trim({{ column }})) in ('true', 't', 'yes', 'y', '1') then true
        when lower(trim({{ column }})) in ('false', 'f', 'no', 'n', '0') then false
    end
{%- endmacro %}

{% macro iso_date_text(column) -%}
    {#- One of the four date formats, with or without a time of day, as ISO text.
        31/12/2024, 31-Dec-2024 and 31/12/24 are day first; the short year is in this century. -#}
    {%- set value = 'trim(' ~ column ~ ')' -%}
    {%- set months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'] -%}
    case
        when {{ value }} like '____-__-__%' then {{ value }}
        when {{ value }} like '__/__/____%' and substr({{ value }}, 9, 1) <> ' '
            then substr({{ value }}, 7, 4) || '-' || substr({{ value }}, 4, 2)
                || '-' || substr({{ value }}, 1, 2) || substr({{ value }}, 11)
        when {{ value }} like '__/__/__%'
            then '20' || substr({{ value }}, 7, 2) || '-' || substr({{ value }}, 4, 2)
                || '-' || substr({{ value }}, 1, 2) || substr({{ value }}, 9)
        when {{ value }} like '__-___-____%'
            then substr({{ value }}, 8, 4) || case lower(substr({{ value }}, 4, 3))
                {%- for month in months %}
                when '{{ month }}' then '-{{ '%02d' % loop.index }}-'
                {%- endfor %}
            end || substr({{ value }}, 1, 2) || substr({{ value }}, 12)
    end
{%- endmacro %}

{% macro clean_timestamp(column) -%}
    coalesce(
            {{ cast_or_null(column, 'timestamp') }},
            case when substr({{ column }}, 5, 1) <> '-' then {{ cast_or_null(iso_date_text(column), 'timestamp') }} end
        )
{%- endmacro %}

{% macro clean_date(column) -%}
    coalesce(
            {{ cast_or_null(column, 'date') }},
            {{ cast_or_null('substr(' ~ iso_date_text(column) ~ ', 1, 10)', 'date') }}
        )
{%- endmacro %}

{% macro amount_text(column) -%}
    {#- An amount without its currency: `$12.50`, `12.50`, `12.50 USD` and `USD 12.50` all give `12.50`. -#}
    {%- set value = "trim(replace(" ~ column ~ ", '$', ''))" -%}
    case
        when upper({{ value }}) = lower({{ value }}) then {{ value }}
        when {{ value }} like '% ___' then trim(substr({{ value }}, 1, length({{ value }}) - 4))
        when {{ value }} like '___ %' then trim(substr({{ value }}, 5))
    end
{%- endmacro %}

{% macro clean_amount(column) -%}
    coalesce({{ cast_or_null(column, 'numeric') }}, {{ cast_or_null(amount_text(column), 'numeric') }})
{%- endmacro %}

{% macro amount_currency(column) -%}
    {#- The currency code written with an amount, NULL where there is none. -#}
    {%- set value = "trim(replace(" ~ column ~ ", '$', ''))" -%}
    case
        when upper({{ value }}) = lower({{ value }}) then null
        when {{ value }} like '% ___' then upper(substr({{ value }}, length({{ value }}) - 2))
        when {{ value }} like '___ %' then upper(substr({{ value }}, 1, 3))
    end
{%- endmacro %}
