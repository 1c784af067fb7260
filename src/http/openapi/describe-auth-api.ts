import { AUTH_RULES } from "../auth/auth-rules.ts";
import { createRuleFinder } from "../route-rules.ts";
import { AUTH_OPERATIONS } from "./auth-operations.ts";
import { formatOpenApi } from "./document.ts";
import type { Operation } from "./operation.ts";

/** The OpenAPI document of the auth service. `software`: name and version, apart by a space. */
export function describeAuthApi({ software, publicUrl }: { software: string; publicUrl: string }): object {
  const operations = AUTH_OPERATIONS.map((operation) => ({ ...operation, security: securityOf(operation) }));
  return formatOpenApi(operations, {
    software,
    publicUrl,
    title: "accounts and tokens",
    description:
      "Sign in, see what is used, and make tokens for scripts. Browsers get pages, and their forms lead back to pages; " +
      "scripts get JSON: whoever sends a token, or Accept: application/json. Administration needs a token of an " +
      "administrator with scope admin.",
  });
}

const findRule = createRuleFinder(AUTH_RULES);

type Security = NonNullable<Operation["security"]>;

/** From the table that requests are held to. */
function securityOf({ path, method }: Operation): Security {
  const { needs, isFor } = findRule(path);
  if (needs === "open") return path === "/logout" ? [{ session: [] }] : [{}];
  const scope = method === "get" ? needs.reading : needs.changing;
  if (scope === "session") return [{ session: [] }];
  const ways: Security = [{ token: [scope] }, { session: [] }];
  return isFor === undefined ? [{}, ...ways] : ways;
}
