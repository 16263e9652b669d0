-- The regions of the cities that the project knows are those that its rule finds.
select
    known.city,
    known.state,
    known.region,
    cities.region as region_found
from {{ ref('us_cities') }} as known
inner join {{ ref('dim_city') }} as cities
    on known.city = cities.city_name and known.state = cities.state
where known.region <> cities.region
