-- Varargs: 10,000 calls that sum their arguments with select, or pack and unpack them.
local function sum(...)
  local total = 0
  for i = 1, select("#", ...) do
    total = total + (select(i, ...))
  end
  return total
end

local function swap(first, second, ...)
  return second, first, ...
end

local total = 0
for i = 1, 5000 do
  total = total + sum(i, 1, 2, 3)
  local packed = {swap(i, 2, 3, 4)}
  total = total + #packed + select("#", unpack(packed)) + packed[2]
end
return total
