-- Makes building generations the serving ones. KEYS: lease, what is to be swept, then the views. ARGV: lease, channel,
-- then the generation of each view. Answers 0 when it is done, -1 without the lease, else the view that is not being
-- built so.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then
  return -1
end
local reached = '0'
for view = 3, #KEYS do
  local generation = ARGV[view]
  local found = redis.call('HMGET', KEYS[view] .. ':g' .. generation .. ':state', 'position', 'pending')
  if redis.call('HGET', KEYS[view], 'building') ~= generation or not found[1] or found[2] then
    return view - 2
  end
  if tonumber(found[1]) > tonumber(reached) then
    reached = found[1]
  end
end
for view = 3, #KEYS do
  local generation = ARGV[view]
  local before = KEYS[view] .. ':g' .. redis.call('HGET', KEYS[view], 'serving')
  redis.call('HSET', KEYS[view] .. ':g' .. generation .. ':state', 'role', 'serving')
  redis.call('HSET', KEYS[view], 'serving', generation)
  redis.call('HDEL', KEYS[view], 'building')
  redis.call('RPUSH', KEYS[2], before)
  redis.call('DEL', before .. ':state', before .. ':parked')
end
-- Any row may be another one now.
redis.call('PUBLISH', ARGV[2], '{"position":' .. reached .. ',"changes":[],"more":true}')
return 0
