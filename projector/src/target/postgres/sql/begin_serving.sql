UPDATE generations SET role = 'serving', paused = $3 WHERE view = $1 AND generation = $2 AND role = 'building'
