import { isGroup } from "./accounts/groups.ts";

/** To whom a release is open: to everybody, to who has signed in, or to members of any of these groups. */
export type ReleaseRule = "public" | "signed-in" | { readonly groups: readonly string[] };

/** By release id; a release without a rule is public. */
export type ReleaseRules = ReadonlyMap<string, ReleaseRule>;

const RULE = /^([\w.-]+) *= *(.*)$/;

/** `des_dr2=public,lsst_dp1=signed-in,des_y6=des|staff`. Throws an Error that says what is needed. */
export function parseReleaseRules(text: string): ReleaseRules {
  const rules = new Map<string, ReleaseRule>();
  for (const part of text.split(",").map((words) => words.trim())) {
    if (part === "") continue;
    const [, release, words] = RULE.exec(part) ?? [];
    if (release === undefined || words === undefined) throw new Error(`${quote(part)} is no rule: ${NEEDED}`);
    if (rules.has(release)) throw new Error(`release ${quote(release)} has two rules: it must have one`);
    rules.set(release, parseRule(words, part));
  }
  return rules;
}

const NEEDED = "it must be a release, =, and public, signed-in or groups apart by |";

function parseRule(words: string, part: string): ReleaseRule {
  if (words === "public" || words === "signed-in") return words;
  const groups = words.split("|").map((group) => group.trim());
  // A word for everybody beside groups would not mean what it says; what holds a = or ; is a rule that lacks its comma.
  const isWrong = (group: string) =>
    !isGroup(group) || /[=;]/.test(group) || group === "public" || group === "signed-in";
  if (groups.some(isWrong)) throw new Error(`${quote(part)} is no rule: ${NEEDED}`);
  return { groups: [...new Set(groups)] };
}

const quote = (text: string) => JSON.stringify(text);
