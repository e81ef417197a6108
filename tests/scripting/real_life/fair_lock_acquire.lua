-- Takes a lock that serves those who ask for it in the order in which they came.
--
-- KEYS[1]  the lock, a hash: owner, depth, expires_at, fence
-- KEYS[2]  the queue, a list of the owners that wait
-- KEYS[3]  their deadlines, a sorted set: who does not ask again before it has gone away
-- ARGV     owner, now in ms, ms to keep the lock, ms after which a waiting owner counts as gone
-- Returns  {"OK", fencing token, depth} or {"WAIT", place in the queue, ms after which to ask again}
--
-- An owner that asks again while it has the lock gets it once more and must release it as often.

local lock, queue, deadlines = KEYS[1], KEYS[2], KEYS[3]
local owner = ARGV[1]
local now = tonumber(ARGV[2])
local keep = tonumber(ARGV[3])
local patience = tonumber(ARGV[4])

local function drop_the_absent()
  while true do
    local first = redis.call("LINDEX", queue, 0)
    if not first then
      return
    end
    local deadline = tonumber(redis.call("ZSCORE", deadlines, first) or 0)
    if deadline > now then
      return
    end
    redis.call("LPOP", queue)
    redis.call("ZREM", deadlines, first)
  end
end

local function current_owner()
  local state = redis.call("HMGET", lock, "owner", "expires_at")
  if state[1] and tonumber(state[2]) > now then
    return state[1], tonumber(state[2])
  end
  return nil, now
end

local function take()
  local fence = redis.call("HINCRBY", lock, "fence", 1)
  redis.call("HSET", lock, "owner", owner, "depth", 1, "expires_at", now + keep)
  redis.call("LREM", queue, 1, owner)
  redis.call("ZREM", deadlines, owner)
  return {redis.status_reply("OK"), fence, 1}
end

local function place_in_queue()
  for place, waiting in ipairs(redis.call("LRANGE", queue, 0, -1)) do
    if waiting == owner then
      return place
    end
  end
  return redis.call("RPUSH", queue, owner)
end

drop_the_absent()
local holder, free_at = current_owner()

if holder == owner then
  local depth = redis.call("HINCRBY", lock, "depth", 1)
  redis.call("HSET", lock, "expires_at", now + keep)
  return {redis.status_reply("OK"), tonumber(redis.call("HGET", lock, "fence")), depth}
end

local first = redis.call("LINDEX", queue, 0)
if not holder and (not first or first == owner) then
  return take()
end

local place = place_in_queue()
redis.call("ZADD", deadlines, now + patience, owner)
return {redis.status_reply("WAIT"), place, math.max(1, math.min(free_at - now, patience / 2))}
