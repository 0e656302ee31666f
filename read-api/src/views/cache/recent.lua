-- Reads the newest rows of a list. KEYS: the view. ARGV: the list, the version of the view, how many rows.
-- Answers the position, and the key of each row with the row; or nothing unless they are surely the newest.
local at = redis.call('HMGET', KEYS[1], 'serving', 'paused')
if not at[1] or at[2] then
  return false
end
local generation = KEYS[1] .. ':g' .. at[1]
local state = redis.call('HMGET', generation .. ':state', 'version', 'position', 'pending')
if state[1] ~= ARGV[2] or state[3] then
  return false
end
local keys = redis.call('ZREVRANGE', generation .. ':' .. ARGV[1], 0, tonumber(ARGV[3]) - 1)
-- The last member says that older rows were left out: there are not as many as were asked for.
if #keys == 0 or keys[#keys] == '-' then
  return false
end
local rows = {}
for number, key in ipairs(keys) do
  local row = redis.call('GET', generation .. ':' .. key)
  if not row then
    return false
  end
  rows[number] = {key, row}
end
return {state[2], rows}
