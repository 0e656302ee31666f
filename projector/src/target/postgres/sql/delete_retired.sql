DELETE FROM retired WHERE view = $1 AND generation = $2
