-- grain: one row per batch and table, of the batches this build has read

select
    files.batch_id,
    batches.batch_date,
    files.table_name as source_table,
    files.file_name as source_file,
    files.delivered_rows,
    batches.loaded_at
from {{ source('loads', 'load_batch_files') }} as files
inner join {{ source('loads', 'load_batches') }} as batches
    on files.batch_id = batches.batch_id
where batches.batch_id <= {{ batch_ceiling() }}
