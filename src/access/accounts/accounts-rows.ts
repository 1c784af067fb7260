import type { RecordsDatabase } from "../../db/records-database.ts";
import type { Account, AccountQuery } from "./account.ts";
import { isLimitName } from "../limits/limit-values.ts";

type AccountRow = Omit<Account, "groups" | "limits" | "hasPassword" | "providers"> & {
  readonly groups: string;
  readonly limits: string;
  readonly hasPassword: number;
  readonly providers: string;
};

const COLUMNS = `
  id, name, full_name as fullName, email, role, password_hash is not null as hasPassword, created_at as createdAt,
  last_sign_in_at as lastSignInAt, disabled_at as disabledAt,
  (select json_group_array(json_object('name', name, 'source', source))
     from (select name, source from user_group where user_id = user.id order by name, source)) as groups,
  (select json_group_object(name, value) from user_limit where user_id = user.id) as limits,
  (select json_group_array(provider)
     from (select distinct provider from identity where user_id = user.id order by provider)) as providers`;

export type AccountRows = {
  byId(id: string): Account | null;
  byName(name: string): Account | null;
  list(query: AccountQuery): readonly Account[];
};

export function createAccountRows({ sqlite }: RecordsDatabase): AccountRows {
  const byId = sqlite.prepare<[string], AccountRow>(`select ${COLUMNS} from user where id = ?`);
  const byName = sqlite.prepare<[string], AccountRow>(`select ${COLUMNS} from user where name = ?`);
  const list = sqlite.prepare<[Record<string, unknown>], AccountRow>(
    `select ${COLUMNS} from user
     where name > @after and (instr(name, @search) > 0 or instr(lower(full_name), @search) > 0
       or instr(lower(email), @search) > 0)
     order by name limit @last`,
  );
  const read = (row: AccountRow | undefined) => (row === undefined ? null : accountOf(row));
  return {
    byId: (id) => read(byId.get(id)),
    byName: (name) => read(byName.get(name.toLowerCase())),
    list: ({ search = "", after = "", last }) =>
      list.all({ search: search.trim().toLowerCase(), after: after.toLowerCase(), last }).map(accountOf),
  };
}

function accountOf({ groups, limits, hasPassword, providers, ...rest }: AccountRow): Account {
  const stored = Object.entries(JSON.parse(limits) as Record<string, number | null>);
  return {
    ...rest,
    groups: JSON.parse(groups) as Account["groups"],
    limits: Object.fromEntries(stored.filter(([name]) => isLimitName(name))),
    hasPassword: hasPassword === 1,
    providers: JSON.parse(providers) as string[],
  };
}
