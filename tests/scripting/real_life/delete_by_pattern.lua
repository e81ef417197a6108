-- Deletes the keys that match a pattern, batch after batch, and stops after so many: call it again with the
-- cursor that it returns, so that others get their turn in between.
--
-- ARGV     cursor ("0" at first), pattern as for KEYS, keys a batch, most keys to look at in this call,
--          optionally a Lua pattern: what it matches is kept
-- Returns  {cursor ("0": done), number of deleted keys, number of kept keys}

local cursor, pattern = ARGV[1], ARGV[2]
local batch, most = tonumber(ARGV[3]), tonumber(ARGV[4])
local keep = ARGV[5]
local deleted, kept, seen = 0, 0, 0

-- More arguments than this do not fit on Lua's stack.
local MOST_ARGUMENTS = 5000

local function unlink(keys)
  for start = 1, #keys, MOST_ARGUMENTS do
    local stop = math.min(start + MOST_ARGUMENTS - 1, #keys)
    deleted = deleted + redis.call("UNLINK", unpack(keys, start, stop))
  end
end

repeat
  local page = redis.call("SCAN", cursor, "MATCH", pattern, "COUNT", batch)
  cursor = page[1]
  local doomed = {}
  for _, key in ipairs(page[2]) do
    if keep and key:find(keep) then
      kept = kept + 1
    else
      doomed[#doomed + 1] = key
    end
  end
  unlink(doomed)
  seen = seen + batch
until cursor == "0" or seen >= most

return {cursor, deleted, kept}
