{% test primary_key(model, column_name) %}
    {#- `unique` and `not_null` in one query, for relations that
        cannot declare a constraint. -#}
    with keys as (
        select
            {{ column_name }} as key_value,
            count(*) as row_count
        from {{ model }}
        group by {{ column_name }}
    )

    select *
    from keys
    where row_count > 1 or key_value is null
{% endtest %}
