{% test no_overlap_no_gap(model, key, valid_from, valid_to) %}
    {#- The versions of each key make one unbroken line of half-open intervals: the first reaches back
        to 1900-01-01, each begins where the one before ends, and only the last is open. -#}
    with versions as (
        select
            {{ key }},
            {{ valid_from }} as valid_from,
            coalesce({{ valid_to }}, cast('9999-12-31' as date)) as valid_to,
            lag({{ valid_to }}) over (partition by {{ key }} order by {{ valid_from }}) as previous_valid_to,
            row_number() over (partition by {{ key }} order by {{ valid_from }}) as version_number,
            count(*) over (partition by {{ key }}) as version_count
        from {{ model }}
    )

    select *
    from versions
    where
        valid_from >= valid_to
        or (version_number = 1 and valid_from <> cast('1900-01-01' as date))
        or (version_number > 1 and previous_valid_to is distinct from valid_from)
        or (version_number = version_count) <> (valid_to = cast('9999-12-31' as date))
{% endtest %}
