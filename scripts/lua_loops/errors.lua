-- Errors and conditions: 50,000 rounds of while with booleans, 10,000 protected calls of which half fail.
local i, even, hits = 0, false, 0
while i < 50000 do
  i = i + 1
  even = not even
  if even and i % 3 == 0 or i % 7 == 1 and not even then
    hits = hits + 1
  end
end

local function risky(n)
  if n % 2 == 0 then
    error({code = n})
  end
  return n
end

for n = 1, 10000 do
  local well, result = pcall(risky, n)
  hits = hits + (well and result or result.code % 5)
end
return hits
