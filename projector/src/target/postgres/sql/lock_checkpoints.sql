SELECT generation, position FROM checkpoints WHERE view = $1 ORDER BY generation, slice FOR UPDATE
