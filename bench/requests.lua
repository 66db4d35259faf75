-- Cycles through requests that were made before: real tokens, thousands of user agents and addresses.
local requests = {}
local next_one = 0

function init(args)
  for line in io.lines(args[1]) do
    local path, address, agent = line:match("^([^\t]*)\t([^\t]*)\t(.*)$")
    requests[#requests + 1] = wrk.format("GET", path, {
      ["Host"] = wrk.headers["Host"],
      ["User-Agent"] = agent,
      ["X-Forwarded-For"] = address,
      ["Accept"] = "image/webp,*/*",
      ["Accept-Language"] = "en",
    })
  end
end

function request()
  next_one = next_one % #requests + 1
  return requests[next_one]
end

function done(summary, latency, _)
  local bad = summary.errors.connect + summary.errors.read + summary.errors.write
  bad = bad + summary.errors.status + summary.errors.timeout
  io.write(string.format("RESULT %d %d %d %d\n", summary.requests, summary.duration, bad, latency:percentile(99)))
end
