SELECT coalesce(max(generation), 0) + 1
FROM (SELECT view, generation FROM generations UNION ALL SELECT view, generation FROM retired) AS used
WHERE view = $1
