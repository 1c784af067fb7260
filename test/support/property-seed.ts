import fc from "fast-check";

/**
 * Property tests draw the same cases in every run, so that a change that breaks nothing fails nothing. Other ones:
 * `FAST_CHECK_SEED=$RANDOM npm test`; `npm run fuzz` looks further.
 */
fc.configureGlobal({ seed: Number(process.env.FAST_CHECK_SEED ?? 20_261_121) });
