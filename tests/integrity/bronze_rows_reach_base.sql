-- Every row of bronze is in its base model exactly once: rows per table and batch, of the batches read.

with last_read as (
    select max(_batch_id) as batch_id from {{ ref('base_transactions') }}
),

counts as (
    {% for table in source_keys() -%}
    select
        '{{ table }}' as source_table,
        _batch_id,
        1 as bronze_rows,
        0 as base_rows
    from {{ source('bronze', table) }}
    where _batch_id <= (select last_read.batch_id from last_read)
    union all
    select
        '{{ table }}' as source_table,
        _batch_id,
        0 as bronze_rows,
        1 as base_rows
    from {{ ref('base_' ~ table) }}
    where _batch_id <= (select last_read.batch_id from last_read)
    {%- if not loop.last %}
    union all
    {% endif -%}
    {% endfor %}
)

select
    source_table,
    _batch_id,
    sum(bronze_rows) as bronze_rows,
    sum(base_rows) as base_rows
from counts
group by source_table, _batch_id
having sum(bronze_rows) <> sum(base_rows)
