-- grain: one row; the business day that "today" means, for those who read gold only
-- Its row is replaced, not the table: views stand on it.
{{ config(pre_hook="{{ replace_all_rows() }}") }}

select as_of_date from {{ ref('as_of_date') }}
