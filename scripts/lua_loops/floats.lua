-- Arithmetic in a loop: 100,000 rounds.
local x = 0
for i = 1, 100000 do
  x = x * 0.999 + i / 3 - 1
end
return x
