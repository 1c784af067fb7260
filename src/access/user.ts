/** Who asks. Everybody without credentials is one and the same user. */
export type User = {
  readonly id: string;
  /** As UWS's owner shows it. */
  readonly name: string;
  readonly role: Role;
};

/** Limits and turns follow the role. */
export type Role = "anonymous" | "user" | "priority" | "admin";

export const ANONYMOUS: User = { id: "anonymous", name: "anonymous", role: "anonymous" };
