/**
 * An id in the spelling in which it is stored: a UUID, or the beginning of one, in lower case. Two
 * spellings are one id, and would be one file on many disks. Any other text stays as it is.
 */
export function foldId(text: string): string {
  return /^[\da-f]{1,8}(-[\da-f-]*)?$/i.test(text) ? text.toLowerCase() : text;
}
