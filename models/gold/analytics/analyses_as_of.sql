-- grain: one row; the business day that "today" meant when the analyses were built

select as_of_date from {{ ref('as_of_date') }}
