{% test primary_key(model, column_name) %}
    {#- `unique` and `not_null` in one query, for relations that cannot declare a constraint. -#}
    select
        {{ column_name }},
        count(*) as row_count
    from {{ model }}
    group by {{ column_name }}
    having count(*) > 1 or {{ column_name }} is null
{% endtest %}
