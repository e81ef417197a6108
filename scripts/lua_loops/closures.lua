-- Closures: 300 counters that are called 200 times each.
local function counter(step)
  local count = 0
  return function()
    count = count + step
    return count
  end
end

local sum = 0
for step = 1, 300 do
  local next_count = counter(step)
  for _ = 1, 200 do
    sum = sum + next_count()
  end
end
return sum
