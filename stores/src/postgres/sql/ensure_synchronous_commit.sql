-- Anything less than 'on' acknowledges what a crash of the server can lose.
SELECT set_config('synchronous_commit', 'on', false)
WHERE current_setting('synchronous_commit') NOT IN ('on', 'remote_apply')
