/** Times in a format of the person's own. */

const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const MONTHS = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
];

type Field = (date: Date) => string | number;

const two = (value: number) => String(value).padStart(2, "0");
const blank = (value: number) => String(value).padStart(2, " ");
const hour12 = (date: Date) => date.getHours() % 12 || 12;

/** What the letters stand for; those that are made of others come as a format. */
const FIELDS: Readonly<Record<string, Field | string>> = {
  Y: (date) => date.getFullYear(),
  C: (date) => two(Math.floor(date.getFullYear() / 100)),
  y: (date) => two(date.getFullYear() % 100),
  m: (date) => two(date.getMonth() + 1),
  d: (date) => two(date.getDate()),
  e: (date) => blank(date.getDate()),
  j: (date) => String(dayOfYear(date)).padStart(3, "0"),
  B: (date) => MONTHS[date.getMonth()]!,
  b: (date) => MONTHS[date.getMonth()]!.slice(0, 3),
  h: "%b",
  A: (date) => DAYS[date.getDay()]!,
  a: (date) => DAYS[date.getDay()]!.slice(0, 3),
  u: (date) => date.getDay() || 7,
  w: (date) => date.getDay(),
  H: (date) => two(date.getHours()),
  k: (date) => blank(date.getHours()),
  I: (date) => two(hour12(date)),
  l: (date) => blank(hour12(date)),
  M: (date) => two(date.getMinutes()),
  S: (date) => two(date.getSeconds()),
  L: (date) => String(date.getMilliseconds()).padStart(3, "0"),
  p: (date) => date.getHours() < 12 ? "AM" : "PM",
  P: (date) => date.getHours() < 12 ? "am" : "pm",
  z: (date) => zone(date, ""),
  Z: (date) => zone(date, ":"),
  s: (date) => Math.floor(date.getTime() / 1000),
  F: "%Y-%m-%d",
  D: "%m/%d/%y",
  x: "%m/%d/%y",
  T: "%H:%M:%S",
  X: "%H:%M:%S",
  R: "%H:%M",
  r: "%I:%M:%S %p",
  c: "%a %b %e %H:%M:%S %Y",
  n: () => "\n",
  t: () => "\t",
  "%": () => "%",
};

/**
 * A time on the reader's clock, in the format of strftime. Milliseconds are `%L`, `%3f` or `%.3f`. A
 * letter without a meaning stays as it is.
 */
export function strftime(date: Date, format: string): string {
  return format.replace(/%(\.?)3f|%[-_]?([A-Za-z%])/g, (text, dot?: string, letter?: string) => {
    if (letter === undefined) return `${dot}${two(date.getMilliseconds()).padStart(3, "0")}`;
    const field = Object.hasOwn(FIELDS, letter) ? FIELDS[letter] : undefined;
    if (field === undefined) return text;
    const value = typeof field === "string" ? strftime(date, field) : String(field(date));
    return text[1] === "-" ? value.replace(/^[0 ]+(?=\d)/, "") : value;
  });
}

function dayOfYear(date: Date): number {
  const start = Date.UTC(date.getFullYear(), 0, 1);
  return (Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) - start) / 86_400_000 + 1;
}

/** The offset from UTC: `+0100`. */
function zone(date: Date, separator: string): string {
  const minutes = -date.getTimezoneOffset();
  const size = Math.abs(minutes);
  return `${minutes < 0 ? "-" : "+"}${two(Math.floor(size / 60))}${separator}${two(size % 60)}`;
}
