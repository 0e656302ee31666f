-- Reads the rows of one key from several views. KEYS: the views. ARGV: the key of the rows, then the version of each view.
-- Answers position and row of each view; or nothing unless all of them serve that version whole.
local found = {}
for view = 1, #KEYS do
  local at = redis.call('HMGET', KEYS[view], 'serving', 'paused')
  if not at[1] or at[2] then
    return false
  end
  local generation = KEYS[view] .. ':g' .. at[1]
  local state = redis.call('HMGET', generation .. ':state', 'version', 'position', 'pending')
  if state[1] ~= ARGV[view + 1] or state[3] then
    return false
  end
  found[2 * view - 1] = state[2]
  found[2 * view] = redis.call('GET', generation .. ':' .. ARGV[1])
end
return found
