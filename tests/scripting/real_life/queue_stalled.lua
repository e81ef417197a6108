-- include queue_common.lua
-- Takes jobs away from workers whose lease has ended; a job that does this too often has failed.
--
-- KEYS[1]  prefix      ARGV  now, how often a job may stall, most jobs to look at
-- Returns  {ids in line again, ids that failed}

local most, limit = tonumber(ARGV[2]), tonumber(ARGV[3])
local recovered, failed = {}, {}

local expired = redis.call("ZRANGE", key("active"), "-inf", now, "BYSCORE", "LIMIT", 0, limit)
for _, id in ipairs(expired) do
  end_lease(id)
  if redis.call("EXISTS", key("job", id)) == 1 then
    local times = redis.call("HINCRBY", key("job", id), "stalled", 1)
    emit("stalled", id, "times", times)
    if times > most then
      fail_for_good(id, "stalled more than " .. most .. " times")
      failed[#failed + 1] = id
    else
      -- The attempt was none of the job's fault.
      redis.call("HINCRBY", key("job", id), "tried", -1)
      put_in_line(id, true)
      recovered[#recovered + 1] = id
    end
  end
end
return {recovered, failed}
