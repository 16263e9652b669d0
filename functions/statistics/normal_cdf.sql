select
    case
        when z < 0 then {{ function('regularized_gamma') }}(0.5, z * z / 2) / 2
        when z >= 0 then 1 - {{ function('regularized_gamma') }}(0.5, z * z / 2) / 2
    end
