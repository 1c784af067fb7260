import type { RecordsDatabase } from "../../db/records-database.ts";
import { isLimitName } from "../limits/limit-values.ts";
import type { Role, User } from "../user.ts";

/** What a `User` is made of, of a table `user` in the statement. Groups and limits come as JSON, with the row. */
export const USER_COLUMNS = `
  user.id as userId, user.name as userName, user.role as userRole,
  (select json_group_array(name) from (select distinct name from user_group where user_id = user.id order by name))
    as userGroups,
  (select json_group_object(name, value) from user_limit where user_id = user.id) as userLimits`;

export type UserRow = {
  readonly userId: string;
  readonly userName: string;
  readonly userRole: Exclude<Role, "anonymous">;
  readonly userGroups: string;
  readonly userLimits: string;
};

const NO_GROUPS: readonly string[] = [];
const NO_LIMITS: User["limits"] = {};

export function userOf({ userId, userName, userRole, userGroups, userLimits }: UserRow): User {
  return {
    id: userId,
    name: userName,
    role: userRole,
    groups: userGroups === "[]" ? NO_GROUPS : (JSON.parse(userGroups) as string[]),
    administers: false, // by a name or an id alone nobody does
    limits: userLimits === "{}" ? NO_LIMITS : limitsOf(JSON.parse(userLimits) as Record<string, number | null>),
  };
}

/** A limit that this version does not know, of one before or after it, is none. */
function limitsOf(stored: Readonly<Record<string, number | null>>): User["limits"] {
  const known = Object.entries(stored).filter(([name]) => isLimitName(name));
  return Object.fromEntries(known.map(([name, value]) => [name, value ?? Infinity]));
}

export type UserReader = {
  /** null where there is none, or it is closed. */
  byId(id: string): User | null;
  byName(name: string): User | null;
};

export function createUserReader({ sqlite }: RecordsDatabase): UserReader {
  const byId = sqlite.prepare<[string], UserRow>(
    `select ${USER_COLUMNS} from user where id = ? and disabled_at is null`,
  );
  const byName = sqlite.prepare<[string], UserRow>(
    `select ${USER_COLUMNS} from user where name = ? and disabled_at is null`,
  );
  const read = (row: UserRow | undefined) => (row === undefined ? null : userOf(row));
  return { byId: (id) => read(byId.get(id)), byName: (name) => read(byName.get(name.toLowerCase())) };
}
