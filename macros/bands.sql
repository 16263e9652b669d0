{#- The ladders of the warehouse, each in one place; every step has a unit test. -#}

{% macro credit_score_band(score) -%}
    case
        when {{ score }} >= 800 then 'Exceptional'
        when {{ score }} >= 740 then 'Very good'
        when {{ score }} >= 670 then 'Good'
        when {{ score }} >= 580 then 'Fair'
        when {{ score }} < 580 then 'Poor'
        else 'Unknown'
    end
{%- endmacro %}

{% macro income_bracket(income) -%}
    case
        when {{ income }} >= 200000 then '200k and more'
        when {{ income }} >= 100000 then '100k to 200k'
        when {{ income }} >= 60000 then '60k to 100k'
        when {{ income }} >= 30000 then '30k to 60k'
        when {{ income }} < 30000 then 'Under 30k'
        else 'Unknown'
    end
{%- endmacro %}

{% macro churn_risk_category(score) -%}
    case
        when {{ score }} > 0.7 then 'High'
        when {{ score }} > 0.3 then 'Medium'
        when {{ score }} >= 0 then 'Low'
        else 'Unknown'
    end
{%- endmacro %}

{% macro age_group(age) -%}
    case
        when {{ age }} < 25 then '18-24'
        when {{ age }} < 35 then '25-34'
        when {{ age }} < 45 then '35-44'
        when {{ age }} < 55 then '45-54'
        when {{ age }} < 65 then '55-64'
        when {{ age }} >= 65 then '65+'
        else 'Unknown'
    end
{%- endmacro %}

{% macro full_years(born, on_date) -%}
    {#- Completed years of life. -#}
    extract(year from {{ on_date }}) - extract(year from {{ born }})
    - case
        when extract(month from {{ on_date }}) * 100 + extract(day from {{ on_date }})
            < extract(month from {{ born }}) * 100 + extract(day from {{ born }}) then 1
        else 0
    end
{%- endmacro %}

{% macro time_of_day(hour) -%}
    case
        when {{ hour }} >= 22 or {{ hour }} < 6 then 'night'
        when {{ hour }} < 12 then 'morning'
        when {{ hour }} < 18 then 'afternoon'
        when {{ hour }} < 22 then 'evening'
    end
{%- endmacro %}

{% macro size_bucket(amount) -%}
    case
        when {{ amount }} >= 500 then 'xlarge'
        when {{ amount }} >= 100 then 'large'
        when {{ amount }} >= 10 then 'medium'
        when {{ amount }} < 10 then 'small'
    end
{%- endmacro %}

{% macro trend_direction(percent_change) -%}
    case
        when {{ percent_change }} is null then 'NO_DATA'
        when {{ percent_change }} > 5 then 'INCREASING'
        when {{ percent_change }} < -5 then 'DECREASING'
        else 'STABLE'
    end
{%- endmacro %}

{% macro percent_change(value, base) -%}
    {#- NULL where there is nothing to compare with, or where the base is zero. -#}
    round(100.0 * ({{ value }} - {{ base }}) / nullif(abs({{ base }}), 0), 2)
{%- endmacro %}

{% macro percent_of(part, whole) -%}
    round(100.0 * {{ part }} / nullif({{ whole }}, 0), 2)
{%- endmacro %}

{% macro processing_delay_bucket(seconds) -%}
    case
        when {{ seconds }} < 1 then 'fast'
        when {{ seconds }} < 3 then 'medium'
        when {{ seconds }} >= 3 then 'slow'
        else 'unknown'
    end
{%- endmacro %}

{% macro date_key(moment) -%}
    extract(year from {{ moment }}) * 10000 + extract(month from {{ moment }}) * 100
    + extract(day from {{ moment }})
{%- endmacro %}

{% macro delinquency_bucket(days_late) -%}
    case
        when {{ days_late }} > 90 then '90+ days'
        when {{ days_late }} > 60 then '61-90 days'
        when {{ days_late }} > 30 then '31-60 days'
        when {{ days_late }} > 0 then '1-30 days'
        else 'on time'
    end
{%- endmacro %}
