import { clientKeyOf } from "../network/client-key.ts";
import type { User } from "../user.ts";

/** Under what the requests, answers and bytes of a user are counted: who has not signed in is an address. */
export function countedAs({ id, role }: Pick<User, "id" | "role">, address: string | null): string {
  return role === "anonymous" ? clientKeyOf(address) : id;
}
