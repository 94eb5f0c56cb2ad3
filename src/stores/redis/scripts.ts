/**
 * What Redis does in one step. The numbers of a window lie in a hash: one field for each slot, `sum` of them, the
 * `head` (the newest slot), and `shift`, by which this window's time runs after the server's: when that is set back,
 * the window's time goes on from where it was. The holders of a scope lie in a sorted set, by the end of their lease.
 *
 * KEYS: one for each claim. All of them expire.
 */
import { HOLDER_RETRY_MS, WINDOWS } from '../counter-windows.ts'

/** A test lets time pass by another expression; it gives seconds and microseconds. */
export const REDIS_TIME = "redis.call('TIME')"

/** How the script calls what is claimed. */
export const CODES = Object.freeze({
  requestsPerMinute: 'minute',
  tokensPerMinute: 'minute',
  requestsPerDay: 'day',
  tokensPerDay: 'day',
  concurrentRequests: 'holders',
})

/** Leases that are cut at once after the clock was set back. */
const LEASES_CUT_MAX = 1_000

/**
 * ARGV: request id; then for each claim: code, max, amount.
 * Returns {1, then for each claim: remaining, ms until all is free, slot} or {0, index, remaining, ms until all is
 * free, ms until it fits}.
 * A server without memory refuses the first write or none, so that nothing is changed by half.
 */
export const takeText = (time: string, leaseMs: number) => `
local call, format, floor = redis.call, string.format, math.floor
local LEASE, HOLDER_RETRY = ${leaseMs}, ${HOLDER_RETRY_MS}
local LENGTH = {minute = ${WINDOWS.requestsPerMinute.slotMs}, day = ${WINDOWS.requestsPerDay.slotMs}}
local SLOTS = {minute = ${WINDOWS.requestsPerMinute.slots}, day = ${WINDOWS.requestsPerDay.slots}}
local time = ${time}
local now = time[1] * 1000 + floor(time[2] / 1000)

local function text(number) return format('%.0f', number) end

local function fields(first, last)
  local names = {}
  for slot = first, last do names[#names + 1] = text(slot) end
  return names
end

local function count_holders(plan)
  call('ZREMRANGEBYSCORE', plan.key, '-inf', text(now))
  plan.count, plan.slot, plan.reset = call('ZCARD', plan.key), 0, HOLDER_RETRY
end

-- Sets plan: count, slot, here (the count of this slot), shift, at (the window's own time), is_new (nothing was in
-- this slot yet), is_over (nothing counts any more), leaving (the slots that do not).
local function count_window(plan)
  local key, length, slots = plan.key, plan.length, plan.slots
  local guess = floor(now / length)
  local stored = call('HMGET', key, 'sum', 'head', 'shift', text(guess))
  local head, shift = tonumber(stored[2]), tonumber(stored[3]) or 0
  local at = now + shift
  local slot = floor(at / length)
  plan.count = tonumber(stored[1]) or 0
  if head and slot < head then
    slot, at = head, head * length
    shift = at - now
    -- Also when this request is refused: else time would stand still until the clock comes here again.
    call('HSET', key, 'shift', text(shift))
  end
  plan.is_new = slot ~= head
  if head and slot - head > slots then
    plan.is_over, plan.count, head = true, 0, nil
  elseif head and slot > head then
    plan.leaving = fields(head - slots, slot - slots - 1)
    for _, count in ipairs(call('HMGET', key, unpack(plan.leaving))) do
      plan.count = plan.count - (tonumber(count) or 0)
    end
  end
  plan.here = plan.is_new and 0 or tonumber(slot == guess and stored[4] or call('HGET', key, text(slot))) or 0
  plan.slot, plan.shift, plan.at = slot, shift, at
  plan.reset = head and (head + slots + 1) * length - at or 0
end

local function holders_wait(plan)
  -- A lease must not grow by the time that the clock was set back.
  local ends = text(now + LEASE)
  for _, id in ipairs(call('ZRANGEBYSCORE', plan.key, '(' .. ends, '+inf', 'LIMIT', 0, ${LEASES_CUT_MAX})) do
    call('ZADD', plan.key, ends, id)
  end
  return HOLDER_RETRY
end

local function window_wait(plan, surplus)
  local slot, slots, freed = plan.slot, plan.slots, 0
  local frees = slot
  if not plan.is_over then
    for index, count in ipairs(call('HMGET', plan.key, unpack(fields(slot - slots, slot)))) do
      freed = freed + (tonumber(count) or 0)
      if freed >= surplus then
        frees = slot - slots + index - 1
        break
      end
    end
  end
  return (frees + slots + 1) * plan.length - plan.at
end

local function hold(plan)
  call('ZADD', plan.key, text(now + LEASE), ARGV[1])
  call('PEXPIRE', plan.key, LEASE)
  return HOLDER_RETRY
end

local function add(plan, amount)
  local key, slot = plan.key, text(plan.slot)
  if plan.is_over then call('DEL', key) end
  local sum, here = text(plan.count + amount), text(plan.here + amount)
  if plan.is_new then
    call('HSET', key, 'sum', sum, slot, here, 'head', slot, 'shift', text(plan.shift))
    if plan.leaving then call('HDEL', key, unpack(plan.leaving)) end
    -- What is added to this slot later leaves with it.
    call('PEXPIRE', key, text((plan.slots + 1) * plan.length))
  else
    call('HSET', key, 'sum', sum, slot, here)
  end
  return (plan.slot + plan.slots + 1) * plan.length - plan.at
end

local plans, refused, longest = {}, 0, 0
for index, key in ipairs(KEYS) do
  local code, max, amount = ARGV[3 * index - 1], tonumber(ARGV[3 * index]), tonumber(ARGV[3 * index + 1])
  local plan = {key = key, length = LENGTH[code], slots = SLOTS[code]}
  if plan.length then count_window(plan) else count_holders(plan) end
  plan.left = max - plan.count
  if amount > plan.left then
    local wait = (plan.length and window_wait or holders_wait)(plan, amount - plan.left)
    if wait > longest then refused, longest = index, wait end
  end
  plans[index] = plan
end

if refused > 0 then
  local plan = plans[refused]
  return {0, refused, math.max(0, plan.left), plan.reset, longest}
end

local reply = {1}
for index, plan in ipairs(plans) do
  local amount = tonumber(ARGV[3 * index + 1])
  local reset = plan.length and add(plan, amount) or hold(plan)
  local base = 3 * index
  reply[base - 1], reply[base], reply[base + 1] = plan.left - amount, reset, plan.slot
end
return reply
`

/**
 * ARGV: request id; then for each key: slot (empty: holders), and what to add to it. A slot that has left the window,
 * or that the server has lost, is not there any more; then nothing is added.
 */
export const GIVE_BACK_TEXT = `
for index, key in ipairs(KEYS) do
  local slot, by = ARGV[2 * index], tonumber(ARGV[2 * index + 1])
  if slot == '' then
    redis.call('ZREM', key, ARGV[1])
  else
    local count = tonumber(redis.call('HGET', key, slot))
    if count then
      by = string.format('%.0f', math.max(by, -count))
      redis.call('HINCRBY', key, slot, by)
      redis.call('HINCRBY', key, 'sum', by)
    end
  end
end
`
