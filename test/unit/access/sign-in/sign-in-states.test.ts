import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { newSecret } from "../../../../src/access/secrets.ts";
import { createSignInStates, SIGN_IN_SECONDS } from "../../../../src/access/sign-in/sign-in-states.ts";
import type { RecordsDatabase } from "../../../../src/db/records-database.ts";
import { openTestRecords } from "../../../support/job-services.ts";

const folder = mkdtempSync(join(tmpdir(), "recorte-sign-ins-"));
const opened: RecordsDatabase[] = [];
let clock = 1_000_000;

afterEach(() => {
  for (const records of opened.splice(0)) records.close();
  rmSync(folder, { recursive: true, force: true });
});

function open(path?: string) {
  const records = openTestRecords(path);
  opened.push(records);
  return { records, states: createSignInStates(records, { now: () => clock }) };
}

const BROWSER = newSecret();
const MEMORY = { requestId: "_1" };
const begun = { provider: "linea", browser: BROWSER, memory: MEMORY, returnTo: "https://auth.survey.example/account" };
const answerOf = (id: string) => ({
  provider: "linea",
  assertion: { id, expiresAt: clock + 60_000 },
  memory: { identity: "{}" },
});

describe("a sign-in under way", () => {
  test("is ended once, by its provider, in its browser", async () => {
    const { states } = open();
    const state = newSecret();
    await states.begin(state, begun);
    expect(await states.take(state, { provider: "other", browser: BROWSER })).toBeNull();
    expect(await states.take(state, { provider: "linea", browser: newSecret() })).toBeNull();
    expect(await states.take(newSecret(), begun)).toBeNull();
    expect(await states.take(state, begun)).toEqual({ memory: MEMORY, returnTo: begun.returnTo });
    expect(await states.take(state, begun)).toBeNull();
  });

  test("is over after a quarter of an hour, and its row goes with the next one that begins", async () => {
    const { states, records } = open();
    const state = newSecret();
    await states.begin(state, begun);
    clock += SIGN_IN_SECONDS * 1000;
    expect(await states.look(state, "linea")).toBeNull();
    expect(await states.take(state, begun)).toBeNull();
    await states.begin(newSecret(), begun);
    expect(records.sqlite.prepare("select count(*) as n from sign_in").get()).toEqual({ n: 1 });
  });

  test("goes on under another name when it is answered, and no more under the first", async () => {
    const { states } = open();
    const state = newSecret();
    await states.begin(state, begun);
    const next = (await states.answer(state, answerOf("_a"))) ?? "";
    expect(await states.look(state, "linea")).toBeNull();
    expect(await states.take(next, begun)).toMatchObject({ memory: { identity: "{}" } });
  });

  test("is not answered by an assertion that was used", async () => {
    const { states } = open();
    const [one, two] = [newSecret(), newSecret()];
    await states.begin(one, begun);
    await states.begin(two, begun);
    expect(await states.answer(one, answerOf("_a"))).not.toBeNull();
    expect(await states.answer(two, answerOf("_a"))).toBeNull();
    expect(await states.look(two, "linea")).not.toBeNull();
  });

  test("keeps nothing that lets anybody in who reads the table", async () => {
    const { states, records } = open();
    const state = newSecret();
    await states.begin(state, begun);
    const next = (await states.answer(state, answerOf("_a"))) ?? "";
    const stored = JSON.stringify(records.sqlite.prepare("select * from sign_in").all());
    for (const secret of [state, next, BROWSER]) expect(stored).not.toContain(secret);
  });

  test("is answered and ended once, however many processes try", async () => {
    const path = join(folder, "records.sqlite");
    const processes = [1, 2, 3, 4].map(() => open(path).states);
    for (let round = 0; round < 20; round++) {
      const state = newSecret();
      await processes[0].begin(state, begun);
      const answers = await Promise.all(processes.map((states) => states.answer(state, answerOf(`_${round}`))));
      const [next, ...others] = answers.filter((answer) => answer !== null);
      expect(others).toEqual([]);
      const ends = await Promise.all(processes.map((states) => states.take(next, begun)));
      expect(ends.filter((end) => end !== null)).toHaveLength(1);
    }
  });
});
