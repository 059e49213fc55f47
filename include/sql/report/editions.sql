-- Editions published by an instant
select period, edition, as_of from core.edition
where plan_code = :plan_code and published_at <= :as_of
order by as_of, edition_id
