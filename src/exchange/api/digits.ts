/** True when all characters are digits that the reference permits: 0 to 9, `#` and `*`. */
export function isDtmf(digits: string): boolean {
  return /^[0-9#*]+$/.test(digits);
}
