-- Gives a lock back and tells the one who is next.
--
-- KEYS[1]  the lock    KEYS[2]  the queue      ARGV  owner, now in ms, prefix of the owners' channels
-- Returns  how often the owner still has it, or an error if it does not have it

local state = redis.call("HMGET", KEYS[1], "owner", "expires_at")
if state[1] ~= ARGV[1] or tonumber(state[2]) <= tonumber(ARGV[2]) then
  return redis.error_reply("LOCKLOST the lock is not held by " .. ARGV[1])
end

local depth = redis.call("HINCRBY", KEYS[1], "depth", -1)
if depth > 0 then
  return depth
end

-- The fencing token stays: it must never be given out again.
redis.call("HDEL", KEYS[1], "owner", "depth", "expires_at")
local next_owner = redis.call("LINDEX", KEYS[2], 0)
if next_owner then
  redis.call("PUBLISH", ARGV[3] .. next_owner, "released")
end
return 0
