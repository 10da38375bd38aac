import { HEAD } from './admission-head.js';

/** limit, threshold, lease ms, ids… → how many of the first ids are queued members now. */
const RESERVE = `${HEAD}
if limit <= 0 or redis.call('HEXISTS', KEYS[2], 'b') == 1 or isopen() then return 0 end
local n = #ARGV - 3
if limit - redis.call('ZCARD', KEYS[1]) < n then purge() end
local left, turn = share()
if turn > now then return 0 end
local k = math.min(n, room(false), left)
if k > 0 then
  spend(k)
  local add, score = {}, (now + tonumber(ARGV[3])) * 2
  for i = 1, k do add[2 * i - 1] = score add[2 * i] = ARGV[i + 3] end
  redis.call('ZADD', KEYS[1], 'NX', unpack(add))
end
return k`;

/** limit, threshold → {room to refill, or −ms until an open circuit may be tested; ms to come again}. Call after the commit. */
const WAKE = `${HEAD}
purge()
redis.call('HSET', KEYS[2], 'b', 1)
if isopen() then local ttl = redis.call('PTTL', KEYS[4]) if ttl > 0 then return {-ttl, 0} end end
return {take()}`;

/** limit, threshold, lease ms, exhausted, blocked, ids… → {accepted (the first so many), room to go on, ms to come again}. */
const REFILLED = `${HEAD}
purge()
local open = isopen()
local left = share()
local k, score = math.max(0, math.min(#ARGV - 5, room(open), left)), (now + tonumber(ARGV[3])) * 2
if k > 0 then
  spend(k)
  local add = {}
  for i = 1, k do add[2 * i - 1] = score add[2 * i] = ARGV[i + 5] end
  redis.call('ZADD', KEYS[1], 'NX', unpack(add))
  if open then redis.call('SET', KEYS[5], ARGV[6], 'PX', 60000) end
end
local again = redis.call('HDEL', KEYS[2], 'a') == 1
redis.call('HDEL', KEYS[2], 'l')
if not again then
  if ARGV[4] == '1' then redis.call('HDEL', KEYS[2], 'b') return {k, 0, 0} end
  if ARGV[5] == '1' then return {k, 0, 0} end
end
return {k, take()}`;

/** limit, threshold, lease ms, claim, interval µs, burst, ids… → per id: go after so many ms, −1 skip, −2 hold. */
const START = `${HEAD}
local claim, lease, ids = ARGV[4] == '1', now + tonumber(ARGV[3]), {}
for i = 7, #ARGV do ids[i - 6] = ARGV[i] end
local scores = redis.call('ZMSCORE', KEYS[1], unpack(ids))
local open = isopen()
if claim then purge() end
local shut = open and redis.call('EXISTS', KEYS[4]) == 1
local probe = open and redis.call('GET', KEYS[5])
local interval, fresh, spent = tonumber(ARGV[5]) / 1000, 0, 0
local left, turn = share()
if turn > now then left = 0 end
local tat = interval > 0 and tonumber(redis.call('HGET', KEYS[2], 'tat') or 0)
local out, add, rem = {}, {}, {}
for i, id in ipairs(ids) do
  local score, go = scores[i] and tonumber(scores[i]), false
  if score and score % 2 == 1 and score > now * 2 + 1 then out[i] = -1
  else
    if limit <= 0 then go = false
    elseif open then
      if not shut and probe == id then go = true
      elseif not shut and not probe and claim then probe = id go = true end
    elseif score then go = true
    elseif claim and spent < left and redis.call('ZCARD', KEYS[1]) + fresh < limit then go = true fresh = fresh + 1 end
    if go then
      if not score then spent = spent + 1 end
      local wait = 0
      if interval > 0 then
        tat = math.max(tat, now - interval * tonumber(ARGV[6])) + interval
        wait = math.max(0, math.floor(tat - now))
      end
      out[i] = wait
      add[#add + 1] = (lease + wait) * 2 + 1
      add[#add + 1] = id
      if open then redis.call('SET', KEYS[5], id, 'PX', tonumber(ARGV[3]) + wait) end
    else out[i] = -2 rem[#rem + 1] = id end
  end
end
if #add > 0 then redis.call('ZADD', KEYS[1], unpack(add)) end
if #rem > 0 then redis.call('ZREM', KEYS[1], unpack(rem)) end
spend(spent)
if interval > 0 and #add > 0 then redis.call('HSET', KEYS[2], 'tat', string.format('%.3f', tat)) end
return out`;

/**
 * limit, threshold, reset ms, one letter per id (o ok, f failed, n no outcome), ids… → {0 or 1 opened or 2 closed or 3
 * opened again, room to refill, ms to come again}. In an open circuit only the probe's outcome counts.
 */
const FINISH = `${HEAD}
redis.call('ZREM', KEYS[1], unpack(ARGV, 5))
local codes, transition = ARGV[4], 0
local function openit(failures)
  redis.call('HSET', KEYS[3], 'state', 'open', 'failures', failures, 'opened_at', now, 'last_failure_at', now)
  redis.call('SET', KEYS[4], 1, 'PX', ARGV[3])
  transition = 1
end
if threshold > 0 then
  local c = redis.call('HMGET', KEYS[3], 'state', 'failures')
  local failures = tonumber(c[2] or 0)
  if c[1] == 'open' then
    local probe = redis.call('GET', KEYS[5])
    for i = 5, #ARGV do
      if ARGV[i] == probe then
        local code = codes:sub(i - 4, i - 4)
        redis.call('DEL', KEYS[5])
        if code == 'o' then redis.call('DEL', KEYS[3], KEYS[4]) transition = 2
        elseif code == 'f' then openit(failures + 1) transition = 3 end
        break
      end
    end
  else
    local last = codes:match('.*()o')
    local _, failed = codes:sub((last or 0) + 1):gsub('f', '')
    if last then
      failures = 0
      if c[2] and failed == 0 then redis.call('DEL', KEYS[3]) end
    end
    if failed > 0 then
      failures = failures + failed
      if failures >= threshold then openit(failures)
      else redis.call('HSET', KEYS[3], 'failures', failures, 'last_failure_at', now) end
    end
  end
end
if redis.call('HEXISTS', KEYS[2], 'b') == 0 then return {transition, 0, 0} end
purge()
return {transition, take()}`;

/** limit, threshold, lease ms, ids… : these are being sent still. Also rebuilds the window of a Redis that was emptied. */
const BEAT = `${HEAD}
local add, score = {}, (now + tonumber(ARGV[3])) * 2 + 1
local probe = redis.call('GET', KEYS[5])
for i = 4, #ARGV do
  add[2 * i - 7] = score
  add[2 * i - 6] = ARGV[i]
  if ARGV[i] == probe then redis.call('PEXPIRE', KEYS[5], ARGV[3]) end
end
redis.call('ZADD', KEYS[1], unpack(add))
return 0`;

/** limit, threshold, ids… → per id: 0 no member (or no longer), 1 queued, 2 being sent. */
const AUDIT = `${HEAD}
purge()
local out = {}
for i, score in ipairs(redis.call('ZMSCORE', KEYS[1], unpack(ARGV, 3))) do
  out[i] = score and 1 + tonumber(score) % 2 or 0
end
return out`;

/** limit, threshold, ids… : gives up places that no run owns. → per id: 1 nobody sends it, 0 it is being sent. */
const DROP = `${HEAD}
local probe, out = redis.call('GET', KEYS[5]), {}
for i = 3, #ARGV do
  local score = tonumber(redis.call('ZSCORE', KEYS[1], ARGV[i]) or 0)
  if score % 2 == 1 and score > now * 2 + 1 then out[i - 2] = 0
  else
    redis.call('ZREM', KEYS[1], ARGV[i])
    if ARGV[i] == probe then redis.call('DEL', KEYS[5]) end
    out[i - 2] = 1
  end
end
return out`;

/** limit, threshold, lease ms, age ms, count → the ids, oldest first, that have been queued members for so long. */
const LINGERING = `${HEAD}
local latest = (now + tonumber(ARGV[3]) - tonumber(ARGV[4])) * 2
local found, out = redis.call('ZRANGEBYSCORE', KEYS[1], now * 2, latest, 'WITHSCORES'), {}
for i = 1, #found, 2 do
  if tonumber(found[i + 1]) % 2 == 0 and #out < tonumber(ARGV[5]) then out[#out + 1] = found[i] end
end
return out`;

const KEYS_EACH = 6;

/** Runs a script for every group of keys. Its arguments follow pace, most and their count. */
const forEach = (script: string) => `
local function decide(KEYS, ARGV, pace, most)
${script}
end
local results, at = {}, 1
for group = 1, #KEYS / ${KEYS_EACH} do
  local keys, args, count = {}, {}, tonumber(ARGV[at + 2])
  for i = 1, ${KEYS_EACH} do keys[i] = KEYS[(group - 1) * ${KEYS_EACH} + i] end
  for i = 1, count do args[i] = ARGV[at + 2 + i] end
  results[group] = decide(keys, args, ARGV[at] / 1000, tonumber(ARGV[at + 1]))
  at = at + count + 3
end
return results`;

/**
 * The scripts of admission (docs/admission.md). Each decides for one destination; {@link forEach} lets one call decide
 * for many. KEYS are window, state, circuit, open, probe, shared rate; ARGV starts with limit and threshold. `pace` is
 * the time in ms between two starts of the shared rate (0: none), `most` so many may follow each other at once. Time is
 * Redis' own.
 */
export const ADMISSION_SCRIPTS = {
  reserve: forEach(RESERVE),
  wake: forEach(WAKE),
  refilled: forEach(REFILLED),
  start: forEach(START),
  finish: forEach(FINISH),
  beat: forEach(BEAT),
  audit: forEach(AUDIT),
  drop: forEach(DROP),
  lingering: forEach(LINGERING),
};
