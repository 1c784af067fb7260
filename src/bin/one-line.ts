/** `text` without control characters: names come from files, and must not move the cursor or break the line. */
export function oneLine(text: string): string {
  return text.replace(/\p{Cc}+/gu, " ");
}
