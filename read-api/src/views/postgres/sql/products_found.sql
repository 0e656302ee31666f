-- What is found is looked up before it is put in order: a catalogue that is gone through for a word that it hardly has
-- is gone through to its end.
WITH found AS MATERIALIZED (
    SELECT v.sku, v.description, v.price, v.currency, v.status, v.updated_at, v.version
    FROM orderflow_views.products v
    WHERE v.tenant = $1::text AND v.sku > $2::text
        AND array_to_tsvector(string_to_array(v.words, ' ')) @@ $4::text::tsquery
)
SELECT at.position, v.*
FROM (SELECT (SELECT position FROM orderflow_views.positions WHERE view = 'products') AS position) at
LEFT JOIN (SELECT f.* FROM found f ORDER BY f.sku LIMIT $3::bigint) v ON true
ORDER BY v.sku
