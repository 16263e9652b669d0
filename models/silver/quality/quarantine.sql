-- grain: one row per delivered row that could not be used

{% for table, key in source_keys().items() -%}
select
    '{{ table }}' as source_table,
    cast({{ key }} as {{ dbt.type_string() }}) as source_key,
    quarantine_reason,
    _source_file as source_file,
    _source_row as source_row,
    _batch_id as batch_id,
    _batch_date as batch_date,
    delivery_key
from {{ ref('base_' ~ table) }}
where quarantine_reason is not null
{%- if not loop.last %}

union all

{% endif -%}
{% endfor %}
