import { AUTH_OPERATIONS } from "./auth-operations.ts";
import { formatOpenApi } from "./document.ts";

/** The OpenAPI document of the auth service. `software`: name and version, apart by a space. */
export function describeAuthApi({ software, publicUrl }: { software: string; publicUrl: string }): object {
  const [name, version] = software.split(" ");
  return {
    ...formatOpenApi(AUTH_OPERATIONS, { software, publicUrl }),
    info: {
      title: `${name}: accounts and tokens`,
      version,
      description:
        "Sign in, see what is used, and make tokens for scripts. Browsers get pages, and their forms lead back to pages; " +
        "scripts get JSON: whoever sends a token, or Accept: application/json. Administration needs a token of an " +
        "administrator with scope admin.",
    },
  };
}
