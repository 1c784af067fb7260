import { verify } from "@node-rs/argon2";
import { expect, test } from "vitest";
import { checkNewPassword, createPasswords } from "../../../../src/access/accounts/passwords.ts";

const PASSWORD = "a horse, and a battery";

test("a hash is argon2id with what OWASP asks for: 19 MiB, two passes, one lane", async () => {
  const hash = await createPasswords().hash(PASSWORD);
  expect(hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[\w+/]{22}\$[\w+/]{43}$/);
  expect(await verify(hash, PASSWORD)).toBe(true);
});

test("the same password has another hash each time, and matches both", async () => {
  const passwords = createPasswords();
  const [one, other] = await Promise.all([passwords.hash(PASSWORD), passwords.hash(PASSWORD)]);
  expect(one).not.toBe(other);
  expect(await passwords.matches(PASSWORD, one)).toBe(true);
  expect(await passwords.matches(PASSWORD, other)).toBe(true);
  expect(await passwords.matches(`${PASSWORD}.`, one)).toBe(false);
  expect(await passwords.matches("", one)).toBe(false);
});

test("the same letters match however a keyboard writes them", async () => {
  const passwords = createPasswords();
  const hash = await passwords.hash("S\u00e3o Paulo \u212b");
  expect(await passwords.matches("Sa\u0303o Paulo \u00c5", hash)).toBe(true);
});

test("nothing matches where there is no hash, and what is far too long matches nothing", async () => {
  const passwords = createPasswords();
  for (const password of ["", PASSWORD, "\0"]) expect(await passwords.matches(password, null)).toBe(false);
  expect(await passwords.matches("x".repeat(1e7), await passwords.hash("x".repeat(200)))).toBe(false);
});

test("no more than so many are hashed at a time, and no more than so many wait", async () => {
  const passwords = createPasswords({ atOnce: 1, mostWaiting: 2 });
  const three = [passwords.matches(PASSWORD, null), passwords.hash(PASSWORD), passwords.hash(PASSWORD)];
  await expect(passwords.hash(PASSWORD)).rejects.toMatchObject({ code: "too-many", retryAfterSeconds: 3 });
  await Promise.all(three);
  expect(await passwords.hash(PASSWORD)).toMatch(/^\$argon2id/);
});

test("a hash that is damaged lets nobody in, and gives its turn back", async () => {
  const passwords = createPasswords({ atOnce: 1, mostWaiting: 0 });
  await expect(passwords.matches(PASSWORD, "$argon2id$broken")).rejects.toThrow();
  expect(await passwords.matches(PASSWORD, null)).toBe(false);
});

test("a check of nobody's password does the same work as one of somebody's", async () => {
  // Of the check that finds nobody, the hash is verified with the same parameters: it costs the same memory and passes.
  const passwords = createPasswords();
  const hash = await passwords.hash(PASSWORD);
  const time = async (known: string | null) => {
    const before = process.cpuUsage(); // of all threads: what else the machine does is not in it
    await passwords.matches("not the password", known);
    const { user, system } = process.cpuUsage(before);
    return user + system;
  };
  const [somebody, nobody]: number[][] = [[], []];
  for (let i = 0; i < 9; i++) {
    somebody?.push(await time(hash));
    nobody?.push(await time(null));
  }
  const median = (times: number[] = []) => times.sort((a, b) => a - b)[4] ?? NaN;
  // Interleaved; without the work it would be a hundred times less.
  expect(median(nobody) / median(somebody)).toBeGreaterThan(0.3);
  expect(median(nobody) / median(somebody)).toBeLessThan(3);
});

test.each([
  ["nine char", "it needs 10 to 200 characters, and has 9"],
  ["x1y2z3".repeat(40), "and has 240"],
  ["\u{1f52d}".repeat(9), "and has 9"],
  ["Ana.Souza.LIneA", "it is the name"],
  ["qwertyuiop", "tried first"],
  ["PASSWORD123", "tried first"],
  ["abababababab", "four different"],
])("the new password %j is refused", (password, reason) => {
  expect(() => checkNewPassword(password, { name: "ana.souza.linea" })).toThrow(reason);
});

test.each(["ten chars!", "x1y2".repeat(50), "\u{1f52d}\u{1f30c}\u{1f319}\u2600 abcdef"])(
  "the new password %j may be used",
  (password) => {
    expect(() => checkNewPassword(password, { name: "ana" })).not.toThrow();
  },
);
