DELETE FROM generations WHERE view = $1 AND generation = $2
