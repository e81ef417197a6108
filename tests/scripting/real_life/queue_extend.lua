-- include queue_common.lua
-- Prolongs the leases of several jobs of one worker.
--
-- KEYS[1]  prefix      ARGV  now, token, length of the leases in ms, ids
-- Returns  the ids whose lease was lost

local token, lease = ARGV[2], tonumber(ARGV[3])
local lost = {}

for index = 4, #ARGV do
  local id = ARGV[index]
  local ours, problem = pcall(check_lease, id, token)
  if ours then
    redis.call("ZADD", key("active"), "XX", now + lease, id)
  elseif problem:match("^NO%u+ ") then      -- pcall makes a text of an error table
    table.insert(lost, id)
  else
    error({err = problem})
  end
end
return lost
