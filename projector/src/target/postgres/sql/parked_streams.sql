SELECT stream, min(version), count(*) FROM parked WHERE view = $1 AND generation = $2 GROUP BY stream ORDER BY stream
