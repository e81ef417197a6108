-- include queue_common.lua
-- Removes jobs that ended some time ago, and flows with them: a parent takes its children along.
--
-- KEYS[1]  prefix      ARGV  now, "completed" or "failed", age in ms, most jobs to remove
-- Returns  the removed ids in ascending order

local state, age, limit = ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local removed = {}

if state ~= "completed" and state ~= "failed" then
  return redis.error_reply("ERR jobs can be cleaned that have completed or failed")
end

local function remove(id)
  -- HKEYS may be of thousands of children; recursion goes as deep as the flow only.
  for _, child in ipairs(redis.call("HKEYS", key("job", id, "results"))) do
    if redis.call("ZREM", key("completed"), child) == 1 then
      remove(child)
    end
  end
  remove_job(id)
  removed[#removed + 1] = id
end

for _, id in ipairs(redis.call("ZRANGE", key(state), "-inf", now - age, "BYSCORE", "LIMIT", 0, limit)) do
  -- It may have gone along with its parent already.
  if redis.call("ZREM", key(state), id) == 1 then
    remove(id)
  end
end

table.sort(removed, function(a, b)
  local left, right = tonumber(a), tonumber(b)
  if left and right then
    return left < right
  end
  return left ~= nil or right == nil and a < b     -- numbers before names
end)
return removed
