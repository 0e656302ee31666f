-- Finds a view, or makes it: empty, serving, at position 0. KEYS: view, lease, names of views, what is to be swept.
-- ARGV: name, version, shape.
-- Answers for the serving and then for the building generation: number, version, shape, position, whether it was left
-- half written; and at the end whether the view is paused.
local function describe(generation)
  local state = redis.call('HMGET', KEYS[1] .. ':g' .. generation .. ':state', 'version', 'shape', 'position', 'pending')
  -- The writer that holds the lease may still finish what it has begun; any other will not.
  local lease = redis.call('GET', KEYS[2])
  local pending, alive = state[4], lease and lease .. '#'
  local broken = pending and not (alive and string.sub(pending, 1, #alive) == alive)
  return {generation, state[1], state[2], state[3], broken and 1 or 0}
end

local serving = redis.call('HGET', KEYS[1], 'serving')
if not serving or redis.call('EXISTS', KEYS[1] .. ':g' .. serving .. ':state') == 0 then
  if serving then
    redis.call('RPUSH', KEYS[4], KEYS[1] .. ':g' .. serving)
  end
  serving = string.format('%d', redis.call('HINCRBY', KEYS[1], 'last', 1))
  redis.call('HSET', KEYS[1] .. ':g' .. serving .. ':state', 'version', ARGV[2], 'shape', ARGV[3], 'position', '0',
    'role', 'serving')
  redis.call('HSET', KEYS[1], 'serving', serving)
  redis.call('SADD', KEYS[3], ARGV[1])
end
local building = redis.call('HGET', KEYS[1], 'building')
if building and redis.call('EXISTS', KEYS[1] .. ':g' .. building .. ':state') == 0 then
  building = false
end
return {describe(serving), building and describe(building), redis.call('HEXISTS', KEYS[1], 'paused')}
