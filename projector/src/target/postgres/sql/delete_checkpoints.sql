DELETE FROM checkpoints WHERE view = $1 AND generation = $2
