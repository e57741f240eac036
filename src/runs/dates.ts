/** How a client's six digits are meant. */
export type DateInput = 'yymmdd' | 'ddmmyy' | 'mmddyy'

const SIX_DIGITS: Record<DateInput, (digits: string[]) => string[]> = {
  yymmdd: ([a = '', b = '', c = '']) => [a, b, c],
  ddmmyy: ([a = '', b = '', c = '']) => [c, b, a],
  mmddyy: ([a = '', b = '', c = '']) => [c, a, b],
}

/**
 * A date as schedulers write it (2025-12-02, 20251202; six digits only when the client says how it means them) as
 * YYYY-MM-DD, or what is wrong with it. Two-digit years are of this century. Pure.
 */
export function readDate(value: unknown, input?: DateInput): { iso: string } | { problem: string } {
  const text = typeof value === 'number' ? String(value) : value
  if (typeof text !== 'string') return { problem: EXPECTED }
  const [, year, month, day] = /^(\d{4})-?(\d{2})-?(\d{2})$/.exec(text) ?? []
  if (year && month && day && (text.length === 8 || text.length === 10)) return checkCalendar(year, month, day)
  if (!/^\d{6}$/.test(text)) return { problem: EXPECTED }
  if (!input) {
    return {
      problem:
        'six digits can be read in several ways: send 20251202 or 2025-12-02, or have date_input set for this client',
    }
  }
  const [yy = '', mm = '', dd = ''] = SIX_DIGITS[input](text.match(/../g) ?? [])
  return checkCalendar(`20${yy}`, mm, dd)
}

const EXPECTED = 'it takes a date such as 2025-12-02 or 20251202'

function checkCalendar(year: string, month: string, day: string): { iso: string } | { problem: string } {
  const iso = `${year}-${month}-${day}`
  const date = new Date(`${iso}T00:00:00Z`)
  const exists = !Number.isNaN(date.getTime()) && date.toISOString().startsWith(iso)
  return exists ? { iso } : { problem: `${iso} is not in the calendar` }
}
