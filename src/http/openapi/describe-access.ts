import { CUTOUT_RULES } from "../cutout-rules.ts";
import { createRuleFinder } from "../route-rules.ts";
import { TEXT, type Operation } from "./operation.ts";

const findRule = createRuleFinder(CUTOUT_RULES);

/** The operation with what it asks of who asks for it, and with what they are told who have not got that. */
export function describeAccess(operation: Operation, { anonymous }: { readonly anonymous: boolean }): Operation {
  const { path, method, responses } = operation;
  const { needs, isProbe } = findRule(path);
  if (isProbe) return { ...operation, security: [] }; // it does not look at who asks
  const content = responses[400]?.content ?? TEXT; // errors of one operation have one form
  const add = (status: number, text: string) => {
    const known = responses[status]?.description;
    return { [status]: { description: known === undefined ? text : `${known}; ${text}`, content } };
  };
  const refusals = {
    ...add(401, "AuthenticationError: the token is not known, or has expired; WWW-Authenticate says what is needed"),
    ...add(429, "UsageError: more than one may have, of requests or of answers at a time; Retry-After"),
  };
  if (needs === "open") return { ...operation, security: [{}], responses: { ...responses, ...refusals } };
  const scope = method === "get" ? needs.reading : needs.changing;
  const nobody = anonymous && operation.isPersonal !== true ? [{}] : [];
  return {
    ...operation,
    security: [...nobody, { token: [scope] }, { session: [] }],
    responses: {
      ...responses,
      ...refusals,
      ...add(403, `AuthorizationError: the token lacks scope ${scope}, or what is asked for is closed to the user`),
    },
  };
}
