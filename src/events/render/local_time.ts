/** Times for people. Programs get them as they are stored. */

/**
 * A stored time on the reader's clock, to the minute: `2026-11-21 16:18`. What is no time stays as it
 * is.
 *
 * @param rfc3339 In any zone, as records and logs hold it.
 */
export function localTime(rfc3339: string): string {
  const date = new Date(rfc3339);
  if (Number.isNaN(date.getTime())) return rfc3339;
  const two = (value: number) => String(value).padStart(2, "0");
  const day = [date.getFullYear(), date.getMonth() + 1, date.getDate()].map(two).join("-");
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}`;
}
