/** Points in time as people type them, for `--from` and `--to`. */
import { quote, UsageError } from "./errors.ts";

/** How a day without a time is read. */
export interface DateOptions {
  /** Whose days they are. @default "utc" */
  readonly zone?: "utc" | "local" | undefined;
  /** Which moment of the day is meant: its first, or its last millisecond. @default "start" */
  readonly edge?: "start" | "end" | undefined;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

const UNITS: Readonly<Record<string, number>> = {
  h: HOUR_MS,
  d: DAY_MS,
  w: 7 * DAY_MS,
  m: 30 * DAY_MS,
};

const FORMS = "a time such as 2026-01-31T09:30:00Z, a day such as 2026-01-31, or how long ago: " +
  "12h, 7d, 2w, 1m (30 days)";

/**
 * Reads a point in time: RFC 3339, `YYYY-MM-DD`, or a count of hours, days, weeks or months (of 30
 * days) before now, such as `12h`, `7d`, `2w`, `1m`. Only days depend on the options.
 *
 * @throws {UsageError} when it has another form, or names a day or time that does not exist; the
 * hint lists the forms
 */
export function parseDate(text: string, now: Date, options: DateOptions = {}): Date {
  const date = parseAgo(text, now) ?? parseDay(text, options) ?? parseTime(text);
  if (date === undefined) throw refusal(text, "it is neither a time, nor a day, nor a time span");
  if (Number.isNaN(date.getTime())) throw refusal(text, "there is no such time");
  return date;
}

function refusal(text: string, why: string): UsageError {
  return new UsageError(`Cannot read the date ${quote(text)}: ${why}`, `Write ${FORMS}`);
}

function parseAgo(text: string, now: Date): Date | undefined {
  const [, count, unit] = /^(\d+)([hdwm])$/.exec(text) ?? [];
  if (count === undefined || unit === undefined) return undefined;
  return new Date(now.getTime() - Number(count) * UNITS[unit]!);
}

function parseDay(text: string, options: DateOptions): Date | undefined {
  const [, year, month, day] = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text)?.map(Number) ?? [];
  if (year === undefined || month === undefined || day === undefined) return undefined;
  if (!isDay(year, month, day)) return new Date(NaN);
  const end = options.edge === "end";
  const date = new Date(0);
  // Not the constructor: it takes the years 0 to 99 for those of the 20th century.
  if (options.zone === "local") {
    date.setFullYear(year, month - 1, end ? day + 1 : day);
    date.setHours(0, 0, 0, 0);
  } else date.setUTCFullYear(year, month - 1, end ? day + 1 : day);
  if (end) date.setTime(date.getTime() - 1);
  return date;
}

function parseTime(text: string): Date | undefined {
  const match =
    /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(\.\d+)?(?:[Zz]|([+-])(\d\d):(\d\d))$/.exec(
      text,
    );
  if (match === null) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const [fraction, sign, offsetHour, offsetMinute] = match.slice(7);
  const offset = Number(offsetHour ?? 0) * 60 + Number(offsetMinute ?? 0);
  // A minute may have a 61st second.
  const exists = isDay(year, month, day) && hour < 24 && minute < 60 && second <= 60 &&
    Number(offsetHour ?? 0) < 24 && Number(offsetMinute ?? 0) < 60;
  if (!exists) return new Date(NaN);
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(
    hour,
    minute - (sign === "-" ? -offset : offset),
    second,
    Number((fraction ?? "").slice(1, 4).padEnd(3, "0")),
  );
  return date;
}

function isDay(year: number, month: number, day: number): boolean {
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const days = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1];
  return days !== undefined && day >= 1 && day <= days;
}
