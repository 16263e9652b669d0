-- Reports take the one row there is; and the analyses never speak of a day that the facts have not reached.

select
    count(*) as rows_found,
    max(analyses.as_of_date) as analyses_as_of,
    max(facts.as_of_date) as data_as_of
from {{ ref('analyses_as_of') }} as analyses
cross join {{ ref('data_as_of') }} as facts
having count(*) <> 1 or max(analyses.as_of_date) > max(facts.as_of_date)
