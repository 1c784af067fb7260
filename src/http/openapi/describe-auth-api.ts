import { AUTH_NEEDS } from "../auth/auth-app.ts";
import { needOf } from "../scopes.ts";
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

type Security = NonNullable<Operation["security"]>;

/** From the table that requests are held to. */
function securityOf({ path, method }: Operation): Security {
  const need = needOf(AUTH_NEEDS, path);
  if (need === "open") return path === "/logout" ? [{ session: [] }] : [{}];
  const scope = method === "get" ? need.reading : need.changing;
  if (scope === "session") return [{ session: [] }];
  const ways: Security = [{ token: [scope] }, { session: [] }];
  return path === "/account/usage" ? [{}, ...ways] : ways;
}
