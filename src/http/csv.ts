type Cell = string | number | null

/**
 * One record of CSV (RFC 4180), its line end included. A null is an empty field. What a spreadsheet would take for a
 * formula gets an apostrophe before it, and so does what begins with one, so that the cell can be told from the text.
 */
export function writeRecord(cells: readonly Cell[]): string {
  return `${cells.map(writeField).join(',')}\r\n`
}

/** As spreadsheets begin formulas, their full-width forms included, or skip what stands before. */
const FORMULA = /^['=+\-@\t\r\n＝＋－＠]/

function writeField(cell: Cell): string {
  if (typeof cell !== 'string') return String(cell ?? '')
  const safe = FORMULA.test(cell) ? `'${cell}` : cell
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
