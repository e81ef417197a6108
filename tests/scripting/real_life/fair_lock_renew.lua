-- Keeps a lock for longer.
--
-- KEYS[1]  the lock            ARGV  owner, now in ms, ms to keep it from now
-- Returns  1, or an error if somebody else has it by now

local state = redis.call("HMGET", KEYS[1], "owner", "expires_at")
if state[1] ~= ARGV[1] or tonumber(state[2]) <= tonumber(ARGV[2]) then
  return {err = "LOCKLOST the lock is not held by " .. ARGV[1]}
end
redis.call("HSET", KEYS[1], "expires_at", ARGV[2] + ARGV[3])
return true
