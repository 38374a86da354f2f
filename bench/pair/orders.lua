-- POST /orders, each time with a different body.
local count = 0

wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"

function request()
  count = count + 1
  local amount = string.format("%d.%02d", math.floor(count / 100) + 1, count % 100)
  return wrk.format(nil, nil, nil, '{"user_id":"1","amount":' .. amount .. "}")
end
