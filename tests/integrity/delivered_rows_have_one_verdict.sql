-- delivered = kept + duplicates + quarantined, per table and batch, against what the manifests state;
-- of the batches that are new to the last build.

with verdicts as (
    {% for table in source_keys() -%}
    select
        '{{ table }}' as source_table,
        _batch_id as batch_id,
        disposition
    from {{ ref('base_' ~ table) }}
    where _batch_id > {{ batches_tested_before() }}
    {%- if not loop.last %}
    union all
    {% endif -%}
    {% endfor %}
),

counted as (
    select
        source_table,
        batch_id,
        count(*) filter (where disposition in ('kept', 'duplicate', 'quarantined')) as judged_rows
    from verdicts
    group by source_table, batch_id
)

select
    deliveries.source_table,
    deliveries.batch_id,
    deliveries.delivered_rows,
    counted.judged_rows
from {{ ref('batch_deliveries') }} as deliveries
left join counted
    on
        deliveries.source_table = counted.source_table
        and deliveries.batch_id = counted.batch_id
where
    deliveries.batch_id > {{ batches_tested_before() }}
    and deliveries.batch_id <= (select max(verdicts.batch_id) from verdicts)
    and deliveries.delivered_rows <> coalesce(counted.judged_rows, 0)
