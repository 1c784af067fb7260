import { sql } from "drizzle-orm";
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";

// Tables of `records.sqlite` that tell who is who, and who may do how much. Instants are milliseconds since 1970, UTC,
// but for those of sessions. Whatever lets somebody in is kept as its SHA-256 only.

/** An account. Its id is what jobs and usage name as their owner; it is never given to anybody else. */
export const user = sqliteTable(
  "user",
  {
    /** 80 random bits. */
    id: text("id").primaryKey(),
    /** What one signs in with, and is called: lower case. Unique among all accounts. */
    name: text("name").notNull(),
    /** As people write it. */
    fullName: text("full_name"),
    email: text("email"),
    role: text("role").$type<StoredRole>().notNull(),
    /** argon2id, in PHC form; null: no sign-in by password. */
    passwordHash: text("password_hash"),
    createdAt: integer("created_at").notNull(),
    lastSignInAt: integer("last_sign_in_at"),
    /** Since when nothing lets this account in; null: it is open. */
    disabledAt: integer("disabled_at"),
  },
  (table) => [uniqueIndex("user_name").on(table.name)],
);

/** Who somebody is at a provider of sign-in. */
export const identity = sqliteTable(
  "identity",
  {
    /** Of the configuration. */
    provider: text("provider").notNull(),
    /** OIDC's `sub`, or the SAML NameID or attribute that the provider's entry names. */
    subject: text("subject").notNull(),
    userId: text("user_id")
      .notNull()
      .references(() => user.id, { onDelete: "cascade" }),
    createdAt: integer("created_at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.provider, table.subject] }), index("identity_user").on(table.userId)],
);

/** Groups of users, each with where it is known from: what a provider says replaces what it said before. */
export const userGroup = sqliteTable(
  "user_group",
  {
    userId: text("user_id")
      .notNull()
      .references(() => user.id, { onDelete: "cascade" }),
    name: text("name").notNull(),
    /** Provider, or "local" where an administrator said so. */
    source: text("source").notNull(),
  },
  (table) => [primaryKey({ columns: [table.userId, table.name, table.source] })],
);

/** What one user may have, where it is not what the role has. */
export const userLimit = sqliteTable(
  "user_limit",
  {
    userId: text("user_id")
      .notNull()
      .references(() => user.id, { onDelete: "cascade" }),
    /** One of `access/limits.ts`. */
    name: text("name").notNull(),
    /** null: no limit. */
    value: integer("value"),
  },
  (table) => [primaryKey({ columns: [table.userId, table.name] })],
);

/** Signed in, in a browser. */
export const session = sqliteTable(
  "session",
  {
    /** SHA-256 of what the cookie has, hexadecimal. */
    id: text("id").primaryKey(),
    userId: text("user_id")
      .notNull()
      .references(() => user.id, { onDelete: "cascade" }),
    /** Seconds since 1970: Lucia's adapter wants them so. */
    expiresAt: integer("expires_at").notNull(),
    createdAt: integer("created_at").notNull(),
    /** Provider, or "local". */
    provider: text("provider").notNull(),
  },
  (table) => [index("session_user").on(table.userId), index("session_expires").on(table.expiresAt)],
);

/** What a script sends instead of signing in. */
export const apiToken = sqliteTable(
  "api_token",
  {
    id: text("id").primaryKey(),
    userId: text("user_id")
      .notNull()
      .references(() => user.id, { onDelete: "cascade" }),
    /** The user's own word for it. */
    name: text("name").notNull(),
    /** Its first characters, by which people tell it from others; it is found by its hash. */
    prefix: text("prefix").notNull(),
    /** SHA-256 of the whole, hexadecimal. */
    hash: text("hash").notNull(),
    scopes: text("scopes", { mode: "json" }).$type<readonly string[]>().notNull(),
    createdAt: integer("created_at").notNull(),
    /** null: never. */
    expiresAt: integer("expires_at"),
    /** To the minute. */
    lastUsedAt: integer("last_used_at"),
    revokedAt: integer("revoked_at"),
  },
  (table) => [uniqueIndex("api_token_hash").on(table.hash), index("api_token_user").on(table.userId)],
);

/** A sign-in that has been sent to its provider, and is waited for. */
export const signIn = sqliteTable(
  "sign_in",
  {
    /** SHA-256 of the state or RelayState that comes back, hexadecimal. */
    id: text("id").primaryKey(),
    provider: text("provider").notNull(),
    /** SHA-256 of the cookie of the browser that began it, hexadecimal: nobody else may end it. */
    browser: text("browser").notNull(),
    /** What its protocol has to remember: PKCE verifier and nonce, or the id of the request. */
    memory: text("memory", { mode: "json" }).$type<Readonly<Record<string, string>>>().notNull(),
    /** Where to go when it is done: an address of ours. */
    returnTo: text("return_to").notNull(),
    expiresAt: integer("expires_at").notNull(),
  },
  (table) => [index("sign_in_expires").on(table.expiresAt)],
);

/** Assertions that were taken: each once. */
export const usedAssertion = sqliteTable(
  "used_assertion",
  {
    provider: text("provider").notNull(),
    assertionId: text("assertion_id").notNull(),
    /** When it may be forgotten: nobody would take it any more. */
    expiresAt: integer("expires_at").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.provider, table.assertionId] }),
    index("used_assertion_expires").on(table.expiresAt),
  ],
);

/** Bytes sent to a user in a day. */
export const traffic = sqliteTable(
  "traffic",
  {
    /** User id, or the address of somebody who has not signed in. */
    owner: text("owner").notNull(),
    /** Days since 1970, UTC. */
    day: integer("day").notNull(),
    /** Sent, or set apart by a process to be sent: never more than the limit. */
    bytes: integer("bytes").notNull(),
  },
  (table) => [primaryKey({ columns: [table.owner, table.day] }), index("traffic_day").on(table.day)],
);

/** Who did what that others may have to know of. Rows are only ever added, and collected when they are old. */
export const audit = sqliteTable(
  "audit",
  {
    id: integer("id").primaryKey({ autoIncrement: true }),
    at: integer("at").notNull(),
    /** User id; null: the command line, or nobody known. */
    actor: text("actor"),
    /** As it was then. */
    actorName: text("actor_name").notNull(),
    /** Of `access/audit.ts`. */
    action: text("action").notNull(),
    /** What it was done to: a user, a token, a job … by its name. */
    subject: text("subject"),
    /** No secrets. */
    detail: text("detail", { mode: "json" }).$type<Readonly<Record<string, unknown>>>().notNull(),
    address: text("address"),
  },
  (table) => [
    index("audit_at").on(table.at),
    index("audit_actor")
      .on(table.actor, table.at)
      .where(sql`actor is not null`),
  ],
);

export type StoredRole = "user" | "priority" | "admin";
