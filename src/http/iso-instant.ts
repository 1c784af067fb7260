/** As JSON has instants: ISO 8601, to the millisecond, UTC. `instant`: milliseconds since 1970. */
export function isoInstant(instant: number): string;
export function isoInstant(instant: number | null): string | null;
export function isoInstant(instant: number | null): string | null {
  return instant === null ? null : new Date(instant).toISOString();
}
