-- grain: one row; the business day that "today" means, for those who read gold only

select as_of_date from {{ ref('as_of_date') }}
