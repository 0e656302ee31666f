SELECT CASE WHEN count(*) = cardinality($2::smallint[]) THEN coalesce(min(position), 0) ELSE 0 END
FROM followers
WHERE name = $1 AND slice = ANY ($2::smallint[])
