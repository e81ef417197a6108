-- Filling and reading tables: 3 x 20,000 elements.
local squares, names = {}, {}
for i = 1, 20000 do
  squares[i] = i * i
end
for i = 1, 20000 do
  names["key" .. i % 100] = i
end
local sum = 0
for i = 1, #squares do
  sum = sum + squares[i]
end
for _, value in pairs(names) do
  sum = sum + value
end
return sum
