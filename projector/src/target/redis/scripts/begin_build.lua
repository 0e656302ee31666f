-- Begins a generation beside the serving one, or finds one that can be gone on with. KEYS: view, lease, what is to be
-- swept. ARGV: lease, version, shape. Answers its number and position, or nothing without the lease.
if redis.call('GET', KEYS[2]) ~= ARGV[1] then
  return false
end
local function state(generation)
  return KEYS[1] .. ':g' .. generation .. ':state'
end
local building = redis.call('HGET', KEYS[1], 'building')
if building then
  local found = redis.call('HMGET', state(building), 'version', 'shape', 'position', 'pending')
  if found[1] == ARGV[2] and found[2] == ARGV[3] and found[3] ~= '0' and not found[4] then
    return {building, found[3]}
  end
  redis.call('RPUSH', KEYS[3], KEYS[1] .. ':g' .. building)
  redis.call('DEL', state(building))
end
building = string.format('%d', redis.call('HINCRBY', KEYS[1], 'last', 1))
redis.call('HSET', state(building), 'version', ARGV[2], 'shape', ARGV[3], 'position', '0', 'role', 'building')
redis.call('HSET', KEYS[1], 'building', building)
return {building, '0'}
