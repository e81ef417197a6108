-- include queue_common.lua
-- Ends a job that went well; its parent comes in line if this was the last child.
--
-- KEYS[1]  prefix      ARGV  now, id, token, result as JSON
-- Returns  OK; an error if the lease was lost or the result is no JSON (then nothing changes)

local id, token, result = ARGV[2], ARGV[3], ARGV[4]

check_lease(id, token)
local well_formed, value = pcall(cjson.decode, result)
if not well_formed then
  return redis.error_reply("ERR the result is not JSON: " .. value)
end

end_lease(id)
redis.call("HSET", key("job", id), "result", result, "finished_at", now)
emit("completed", id, "result", result)
-- The parent first: with nothing to keep, the job is gone afterwards.
settle_parent(id, result)
archive(id, "completed", tonumber(get(id, "keep_completed")))
return redis.status_reply("OK")
