/**
 * What a service counts of what happens in it. Plain calls that cost about a microsecond, never throw and wait for nothing;
 * what asks for none of it is given `NO_METRICS`.
 */
export type Metrics = {
  /** Once a request of a known route, when its answer has ended. */
  readonly countRequest: (request: CountedRequest) => void;
  /** Of those that are on their way to a client. */
  readonly addOpenAnswers: (change: 1 | -1) => void;
  /** A request that was refused because of a limit. `limit`: where the error names it. */
  readonly countRefusal: (reason: RefusalReason, limit: string | undefined) => void;
  readonly countSignIn: (way: SignInWay, outcome: SignInOutcome) => void;
};

export type CountedRequest = {
  /** Pattern of the route: there are few of them, and endlessly many paths. */
  readonly handler: string;
  readonly method: string;
  /** 499: the client went away. */
  readonly status: number;
  readonly seconds: number;
  /** Until the first byte of the body went out; null where none did. */
  readonly firstByteSeconds: number | null;
  /** Of the body, as the request declares it. */
  readonly requestBytes: number;
  /** Of the body, as far as it was sent. */
  readonly responseBytes: number;
};

/** too-many: later, or after something else has ended, it is possible. over-limit: as it stands, never. */
export type RefusalReason = "too-many" | "over-limit";

/** provider: SAML or OIDC. token: a request with a token that is not known, has expired or is revoked; those that are good are not counted. */
export type SignInWay = "password" | "provider" | "token";

/** slowed: not even looked at, since too many were wrong before. */
export type SignInOutcome = "accepted" | "refused" | "slowed";

const nothing = () => undefined;

export const NO_METRICS: Metrics = {
  countRequest: nothing,
  addOpenAnswers: nothing,
  countRefusal: nothing,
  countSignIn: nothing,
};
