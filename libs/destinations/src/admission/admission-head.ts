/** Who comes a little before its turn need not come again. */
const EARLY_MS = 50;

/** What the scripts of admission begin with (admission-scripts.ts says what is in KEYS and ARGV). */
export const HEAD = `
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local limit, threshold = tonumber(ARGV[1]), tonumber(ARGV[2])
local function purge() redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now * 2 + 1) end
local function isopen() return threshold > 0 and redis.call('HGET', KEYS[3], 'state') == 'open' end
-- An open circuit has room for one, its probe, once its time is over.
local function room(open)
  if limit <= 0 then return 0 end
  if open then return redis.call('EXISTS', KEYS[4], KEYS[5]) > 0 and 0 or 1 end
  return math.max(0, limit - redis.call('ZCARD', KEYS[1]))
end
-- What the shared rate leaves now, and until when others wait in line for it.
local function share()
  if pace == 0 then return math.huge, 0, 0 end
  local h = redis.call('HMGET', KEYS[6], 'tat', 'turn')
  local tat, turn = math.max(tonumber(h[1] or 0), now - pace * most), tonumber(h[2] or 0)
  return math.floor((now - tat) / pace), turn, tat
end
local function spend(count)
  if pace == 0 or count == 0 then return end
  local _, turn, tat = share()
  tat = tat + pace * count
  redis.call('HSET', KEYS[6], 'tat', string.format('%.3f', tat))
  redis.call('PEXPIRE', KEYS[6], math.ceil(math.max(tat, turn, now) - now) + 60000)
end
-- How much of the room the shared rate leaves to rows that wait. If nothing, they get a turn, in line with those of other
-- destinations; the second result tells one caller to come again then, in ms.
local function shared(r)
  if pace == 0 then return r, 0 end
  local h = redis.call('HMGET', KEYS[2], 'due', 'pace')
  local due = tonumber(h[2] or 0) == pace and tonumber(h[1]) or 0
  if due > now + ${EARLY_MS} then return 0, 0 end
  local left, turn, tat = share()
  if left > 0 and (due > 0 or turn <= now) then
    redis.call('HDEL', KEYS[2], 'due', 'pace')
    return math.min(r, left), 0
  end
  due = math.max(now, tat, turn) + pace
  redis.call('HSET', KEYS[2], 'due', string.format('%.3f', due), 'pace', pace)
  redis.call('HSET', KEYS[6], 'turn', string.format('%.3f', due))
  redis.call('PEXPIRE', KEYS[6], math.ceil(due - now) + 60000)
  return 0, math.ceil(due - now)
end
-- Takes the right to refill, one at a time. Who comes meanwhile leaves a mark, for which the refill runs once more.
-- Not for a few places: the rest of the window is on its way, and whoever ends there comes here again.
local function take()
  local h = redis.call('HMGET', KEYS[2], 'b', 'l')
  if not h[1] then return 0, 0 end
  if h[2] and tonumber(h[2]) > now then redis.call('HSET', KEYS[2], 'a', 1) return 0, 0 end
  local open = isopen()
  local r, later = room(open), 0
  if r == 0 or not open and r < math.ceil(limit / 4) then return 0, 0 end
  r, later = shared(r)
  if r > 0 then redis.call('HSET', KEYS[2], 'l', now + 5000) end
  return r, later
end`;
