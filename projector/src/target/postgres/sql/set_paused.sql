UPDATE generations SET paused = $2 WHERE view = $1 AND role = 'serving'
