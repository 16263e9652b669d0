{#- Facts meet the version of a dimension that was valid when the event happened. -#}

{% macro with_changed_history(events, key, moment, histories) -%}
    {#- Keys of the events to (re)compute in an incremental build: those that changed themselves, and
        those for which one of the histories has received a version valid at their moment.
        `histories`: {snapshot: its key}; `this` carries the same keys and `moment`. -#}
    select {{ key }} from {{ events }}
    where _build_id > {{ watermark() }}
    {%- for snapshot, id in histories.items() %}
    union
    select known.{{ key }}
    from {{ this }} as known
    inner join {{ snapshot }} as history
        on
            known.{{ id }} = history.{{ id }}
            and history.dbt_valid_from <= known.{{ moment }}
            and known.{{ moment }} < coalesce(history.dbt_valid_to, cast('9999-12-31' as date))
    where history._recorded_build_id > {{ watermark() }}
    {%- endfor %}
{%- endmacro %}
