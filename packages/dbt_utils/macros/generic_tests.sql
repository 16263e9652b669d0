{% test unique_combination_of_columns(model, combination_of_columns, quote_columns=false) %}
    select {{ combination_of_columns | join(', ') }}
    from {{ model }}
    group by {{ combination_of_columns | join(', ') }}
    having count(*) > 1
{% endtest %}

{% test expression_is_true(model, expression, column_name=none) %}
    select 1
    from {{ model }}
    where not ({{ column_name if column_name }} {{ expression }})
{% endtest %}

{% test accepted_range(model, column_name, min_value=none, max_value=none, inclusive=true) %}
    {% set equals = '=' if inclusive else '' %}
    select 1
    from {{ model }}
    where
        false
        {% if min_value is not none %}or not {{ column_name }} >{{ equals }} {{ min_value }}{% endif %}
        {% if max_value is not none %}or not {{ column_name }} <{{ equals }} {{ max_value }}{% endif %}
{% endtest %}
