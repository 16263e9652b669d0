{% macro postgres__snapshot_get_time() -%}
    {#- All times of this warehouse carry their zone; dbt's own default drops it. -#}
    {{ current_timestamp() }}
{%- endmacro %}
